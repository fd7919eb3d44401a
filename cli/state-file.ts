import { mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { UsageError } from "../lib/model/errors.ts";
import type { RemediationState } from "../lib/model/remediation-state.ts";
import { parseStoredFile, remediationStateFile } from "../lib/storage/stored-file.ts";
import type { Stored } from "../lib/storage/update-stored.ts";
import { codeOf, messageOf } from "./error-info.ts";
import { explainFileError } from "./files.ts";

/**
 * The repair state in a file that only its owner can read. Its version is its text. A write replaces the whole file right after comparing
 * the version, so two processes lose a change only if they meet within that instant.
 */
export function createStateFile(path: string): Stored<RemediationState> {
  return {
    name: path,
    async read() {
      const text = readIfThere(path);
      if (text === null) return { value: remediationStateFile.empty, version: null };
      return { value: parse(text, path), version: text };
    },
    async write(value, version) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      if (readIfThere(path) !== version) return false;
      writeFileAtomic.sync(path, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
      return true;
    },
  };
}

/** The user can repair an invalid state file, so it is a UsageError. */
function parse(text: string, path: string): RemediationState {
  try {
    return parseStoredFile(remediationStateFile, text, path);
  } catch (error) {
    throw new UsageError(`${messageOf(error)}.`);
  }
}

/** Null only if there is no such file. */
function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw new UsageError(`${path} cannot be read: ${explainFileError(error)}.`);
  }
}
