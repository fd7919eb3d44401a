import { mkdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { UsageError } from "../lib/model/errors.ts";
import { type RemediationState, remediationStateFile } from "../lib/model/remediation-state.ts";
import { parseStoredFile } from "../lib/model/stored-file.ts";
import type { Stored } from "../lib/storage/update-stored.ts";
import { codeOf, messageOf } from "./error-info.ts";
import type { Io } from "./io.ts";

type StateOptions = Pick<Io, "env"> & {
  /** Whose credentials open a bucket. */
  readonly profile?: string;
};

/** Where the state of remediation is that the user named, in full: `s3://name`, or the path of a file. */
export function toStateLocation(location: string | undefined, env: Io["env"]): string {
  return location !== undefined && /^s3:/i.test(location) ? location : resolve(location ?? defaultPath(env));
}

/**
 * Opens the state of remediation that the user named: a file, or the bucket of a deployed service (`s3://name`), so that a terminal and the
 * service know of each other. Without a name it is a file of the user's own. Throws a UsageError of one sentence.
 */
export async function openState(
  location: string | undefined,
  { env, profile }: StateOptions,
): Promise<Stored<RemediationState>> {
  if (location === undefined || !/^s3:/i.test(location)) return createStateFile(toStateLocation(location, env));
  const [, bucket] = /^s3:\/\/([^/]+)\/?$/.exec(location) ?? [];
  if (bucket === undefined)
    throw new UsageError(
      `"${location}" names no bucket: say s3:// and its name alone; the file in it is always the same.`,
    );
  const { openBucket } = await import("../lib/aws/open-bucket.ts");
  return openBucket({ bucket, ...(profile === undefined ? {} : { profile }) }).stored(remediationStateFile);
}

/** Where programs keep what they know from one run to the next. Source: https://specifications.freedesktop.org/basedir-spec/latest/ */
function defaultPath({ XDG_STATE_HOME = "", HOME = homedir() }: Io["env"]): string {
  const folder = isAbsolute(XDG_STATE_HOME) ? XDG_STATE_HOME : join(HOME, ".local", "state");
  return join(folder, "rds-password-audit", remediationStateFile.name);
}

/**
 * The state of remediation in a file that is its owner's alone. Its version is its text. It is written as a whole or not at all, and right
 * after it was compared: two processes would have to meet within that instant for one to overwrite the other.
 */
export function createStateFile(path: string): Stored<RemediationState> {
  return {
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

/** What is no state is for the user to mend, not an error in the program. */
function parse(text: string, path: string): RemediationState {
  try {
    return parseStoredFile(remediationStateFile, text, path);
  } catch (error) {
    throw new UsageError(`${messageOf(error)}.`);
  }
}

/** Null only where there is no such file. */
function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw new UsageError(`${path} cannot be read: ${messageOf(error)}.`);
  }
}
