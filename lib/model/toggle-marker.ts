import * as z from "zod/mini";
import { type Database, inExecutionName, toggleTagKey } from "./database.ts";
import { isKeyReference } from "./key.ts";

/** What the tag of a repair says: when management was about to be turned off, with which key it is to be turned on, and by whom. */
export type ToggleMarker = {
  /** ISO 8601. */
  readonly startedAt: string;
  /** A key as RDS takes it, or null for the default one. */
  readonly keyReference: string | null;
  readonly execution: string;
};

const defaultKey = "aws-managed";
const instant = z.iso.datetime();

/** As the value of the tag: three words, all in characters that RDS takes in a tag, 256 at most but for the longest aliases. */
export function formatToggleMarker({ startedAt, keyReference, execution }: ToggleMarker): string {
  return `${startedAt} ${keyReference ?? defaultKey} ${execution}`;
}

/** What a tag's value means. Null where it is no marker of this project: somebody else's word is not acted on. */
export function parseToggleMarker(value: string): ToggleMarker | null {
  const [startedAt = "", keyReference = "", execution = "", ...more] = value.split(" ");
  const isKey = keyReference === defaultKey || isKeyReference(keyReference);
  if (!instant.safeParse(startedAt).success || !isKey || execution === "" || more.length > 0) return null;
  return { startedAt, keyReference: keyReference === defaultKey ? null : keyReference, execution };
}

/** The tag of a repair on a database. */
export type ToggleTag = {
  /** The tag's value. */
  readonly text: string;
  /** What the value means; null where it is none of this project's. */
  readonly marker: ToggleMarker | null;
  /**
   * It speaks of a toggle of another database, which began before this one was there: a restored or cloned database has the tags of its source.
   */
  readonly isInherited: boolean;
};

type Tagged = Pick<Database, "tags" | "createdAt" | "resourceId">;

/** The tag of a repair on a database, its own or inherited; null where it has none. In doubt it is its own: clocks differ. */
export function toggleTagOf(database: Tagged): ToggleTag | null {
  const text = database.tags[toggleTagKey];
  if (text === undefined) return null;
  const marker = parseToggleMarker(text);
  return { text, marker, isInherited: marker !== null && isOfAnother(marker, database) };
}

function isOfAnother({ startedAt, execution }: ToggleMarker, database: Tagged): boolean {
  const { createdAt } = database;
  const isOlder = createdAt !== null && Date.parse(startedAt) < Date.parse(createdAt);
  return isOlder && !execution.includes(inExecutionName(database));
}

/** The mark of a toggle that was begun on the database itself: the only one that is believed. */
export function ownToggleTagOf(database: Tagged): ToggleTag | null {
  const toggleTag = toggleTagOf(database);
  return toggleTag === null || toggleTag.isInherited ? null : toggleTag;
}
