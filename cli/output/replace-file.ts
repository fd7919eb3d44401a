import { randomUUID } from "node:crypto";
import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from "node:fs";

/**
 * Writes a whole file, given as a text or as its parts, or leaves the earlier one. Its owner and mode stay. Writes beside it first, all of it, and onto the disk: libraries for
 * this take the first part that a full disk accepts for the whole.
 */
export function replaceFile(
  file: string,
  text: string | Iterable<string>,
  { mode }: { readonly mode?: number } = {},
): void {
  const earlier = statSync(file, { throwIfNoEntry: false });
  const target = earlier === undefined ? file : realpathSync(file);
  const temporary = `${target}.${randomUUID()}`;
  try {
    writeNew(temporary, typeof text === "string" ? [text] : text, mode);
    if (earlier !== undefined) keepOwnerAndMode(temporary, earlier, mode);
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function writeNew(file: string, parts: Iterable<string>, mode?: number): void {
  const descriptor = openSync(file, "wx", mode);
  try {
    // Unlike writeSync, this goes on after a part of the text was written.
    for (const part of parts) writeFileSync(descriptor, part);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** The mode of the earlier file, unless one is given, and its owner, if this process may set it. */
function keepOwnerAndMode(file: string, earlier: Stats, mode = earlier.mode): void {
  chmodSync(file, mode);
  try {
    chownSync(file, earlier.uid, earlier.gid);
  } catch {
    // Only root can give files away.
  }
}
