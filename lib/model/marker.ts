import * as z from "zod/mini";
import { isKeyReference } from "./key.ts";

/** What the tag of a repair says: when management was about to be turned off, with which key it is to be turned on, and by whom. */
export type Marker = {
  /** ISO 8601. */
  readonly startedAt: string;
  /** A key as RDS takes it, or null for the default one. */
  readonly keyReference: string | null;
  readonly execution: string;
};

const defaultKey = "aws-managed";
const instant = z.iso.datetime();

/** As the value of the tag: three words, all in characters that RDS takes in a tag, 256 at most but for the longest aliases. */
export function formatMarker({ startedAt, keyReference, execution }: Marker): string {
  return `${startedAt} ${keyReference ?? defaultKey} ${execution}`;
}

/** What a tag's value means. Null where it is no marker of this project: somebody else's word is not acted on. */
export function parseMarker(value: string): Marker | null {
  const [startedAt = "", keyReference = "", execution = "", ...more] = value.split(" ");
  const isKey = keyReference === defaultKey || isKeyReference(keyReference);
  if (!instant.safeParse(startedAt).success || !isKey || execution === "" || more.length > 0) return null;
  return { startedAt, keyReference: keyReference === defaultKey ? null : keyReference, execution };
}
