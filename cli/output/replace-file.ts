import { randomUUID } from "node:crypto";
import { chmodSync, chownSync, realpathSync, renameSync, rmSync, type Stats, statSync, writeFileSync } from "node:fs";

/**
 * Writes a whole file or leaves the earlier one, whose owner and mode stay. Writes beside it first, all of it, and onto the disk: libraries for
 * this take the first part that a full disk accepts for the whole.
 */
export function replaceFile(file: string, text: string, { mode }: { readonly mode?: number } = {}): void {
  const earlier = statSync(file, { throwIfNoEntry: false });
  const target = earlier === undefined ? file : realpathSync(file);
  const temporary = `${target}.${randomUUID()}`;
  try {
    writeFileSync(temporary, text, { flush: true, flag: "wx", ...(mode !== undefined && { mode }) });
    if (earlier !== undefined) keepOwnerAndMode(temporary, earlier, mode);
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
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
