import { mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { lock } from "proper-lockfile";
import { UsageError } from "../../lib/model/errors.ts";
import type { RemediationState } from "../../lib/model/remediation-state.ts";
import { parseStoredFile, remediationStateFile } from "../../lib/storage/stored-file.ts";
import type { Stored } from "../../lib/storage/update-stored.ts";
import { codeOf, messageOf } from "../error-info.ts";
import { explainFileError } from "../output/files.ts";
import { replaceFile } from "../output/replace-file.ts";

/** A killed process leaves a lock, which is void after this time. */
const staleMilliseconds = 10_000;
const lockOptions = {
  realpath: false,
  stale: staleMilliseconds,
  retries: { retries: 60, factor: 1, minTimeout: 200, maxTimeout: 400, randomize: true },
};

/**
 * The repair state in a file that only its owner can read. Its version is its text. A write compares the version and replaces the whole file
 * while it holds a lock, so that of two processes one writes and the other reads again.
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
      const release = await lock(path, lockOptions).catch((error: unknown) => {
        throw new UsageError(`${path} cannot be locked: ${explainFileError(error)}.`);
      });
      try {
        if (readIfThere(path) !== version) return false;
        replaceFile(path, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
        return true;
      } finally {
        await release();
      }
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
