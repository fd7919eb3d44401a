import * as z from "zod/mini";
import { type Database, inExecutionName, toggleTagKey } from "./database.ts";
import { isKeyReference } from "./key.ts";
import type { SecretSnapshot } from "./remediation-state.ts";

/** The parsed value of a toggle tag. */
export type ToggleMarker = {
  /** When the toggle started, ISO 8601. */
  readonly startedAt: string;
  /** The key to turn management on with, as RDS accepts it; null for the default key. */
  readonly keyReference: string | null;
  readonly execution: string;
  /** The suffix of the secret that the toggle replaces. No clock tells it from the new secret. */
  readonly oldSecretSuffix: string;
};

/** The six characters that Secrets Manager appends to the name of a secret in its ARN. Each secret has its own. */
export function secretSuffixOf(secretArn: string): string {
  return secretArn.slice(secretArn.lastIndexOf("-") + 1);
}

/** True if a secret is the one that a toggle replaces. Null stands for no secret, and for an unknown suffix. */
export function isOldSecret(secretArn: string | null, oldSecretSuffix: string | null): boolean {
  return secretArn !== null && secretSuffixOf(secretArn) === oldSecretSuffix;
}

const defaultKey = "aws-managed";
const instant = z.iso.datetime();

/** Formats the value of the toggle tag: four words in characters that RDS accepts in a tag, at most 256 except with the longest aliases. */
export function formatToggleMarker({ startedAt, keyReference, execution, oldSecretSuffix }: ToggleMarker): string {
  return `${startedAt} ${keyReference ?? defaultKey} ${execution} ${oldSecretSuffix}`;
}

/** Parses the value of a toggle tag. Null if it is not in this project's format; such a tag is not acted on. */
export function parseToggleMarker(value: string): ToggleMarker | null {
  const [startedAt = "", keyReference = "", execution = "", oldSecretSuffix = "", ...more] = value.split(" ");
  const isKey = keyReference === defaultKey || isKeyReference(keyReference);
  if (!instant.safeParse(startedAt).success || !isKey || execution === "") return null;
  if (!/^[A-Za-z0-9]{6}$/.test(oldSecretSuffix) || more.length > 0) return null;
  return { startedAt, keyReference: keyReference === defaultKey ? null : keyReference, execution, oldSecretSuffix };
}

/** The toggle tag of a database. */
export type ToggleTag = {
  readonly text: string;
  /** Null if the value is not in this project's format. */
  readonly marker: ToggleMarker | null;
  /**
   * True if the tag belongs to a toggle of another database, started before this one was created: a restored or cloned database has the tags
   * of its source.
   */
  readonly isInherited: boolean;
};

type Tagged = Pick<Database, "tags" | "createdAt" | "resourceId">;

/** Reads the toggle tag of a database; null if it has none. When in doubt it is not inherited, because clocks differ. */
export function toggleTagOf(database: Tagged): ToggleTag | null {
  const text = database.tags[toggleTagKey];
  if (text === undefined) return null;
  const marker = parseToggleMarker(text);
  if (marker === null) return { text, marker, isInherited: false };
  const isOlder = database.createdAt !== null && Date.parse(marker.startedAt) < Date.parse(database.createdAt);
  return { text, marker, isInherited: isOlder && !marker.execution.includes(inExecutionName(database)) };
}

/** Reads the toggle tag of a database unless it is inherited. Only this one is acted on. */
export function ownToggleTagOf(database: Tagged): ToggleTag | null {
  const toggleTag = toggleTagOf(database);
  return toggleTag === null || toggleTag.isInherited ? null : toggleTag;
}

/**
 * True if a snapshot is that of the toggle that the tag names. Only the service writes snapshots, but a tag can be forged or copied; a tag
 * that was overwritten says nothing against the snapshot.
 */
export function isSnapshotOf(snapshot: Pick<SecretSnapshot, "secretArn">, marker: ToggleMarker | null): boolean {
  return marker === null || isOldSecret(snapshot.secretArn, marker.oldSecretSuffix);
}
