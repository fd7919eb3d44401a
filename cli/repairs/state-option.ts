import { statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { type Command, Option } from "commander";
import { AwsCallError, UsageError } from "../../lib/model/errors.ts";
import type { RemediationState } from "../../lib/model/remediation-state.ts";
import { remediationStateFile } from "../../lib/storage/stored-file.ts";
import type { Stored } from "../../lib/storage/update-stored.ts";
import { localEndpointOf, openAws } from "../input/aws-environment.ts";
import { nonEmpty } from "../input/option-values.ts";
import type { Io } from "../io.ts";
import { createStateFile } from "./state-file.ts";

/** Where the repair state is, and the profiles whose first one opens a bucket. */
export type StateOptions = { readonly state?: string; readonly profile?: readonly string[] };

/** Adds the option that says where the repair state is. */
export function addStateOption(command: Command): Command {
  return command.addOption(
    new Option(
      "--state <location>",
      "repair state (locks and history): a file, or s3:// and the report bucket of the deployed service (default: a file in your home folder; a separate one if AWS_ENDPOINT_URL is on this machine)",
    ).argParser(nonEmpty("--state")),
  );
}

/**
 * Opens the repair state: a file, or the bucket of a deployed service (`s3://name`), so that a terminal and the service exclude each other.
 * Throws a UsageError of one sentence.
 */
export async function openStateOf(
  { state, profile = [] }: StateOptions,
  io: Pick<Io, "env" | "loadAws">,
): Promise<Stored<RemediationState>> {
  const location = stateLocationOf(state, io.env);
  if (!/^s3:/i.test(location)) {
    if (state !== undefined) checkFolder(location);
    return createStateFile(location);
  }
  const [, bucket] = /^s3:\/\/([^/]+)\/?$/.exec(location) ?? [];
  if (bucket === undefined)
    throw new UsageError(`"${location}" does not name a bucket: give s3:// and the bucket's name, without a key.`);
  await openAws(io, profile);
  const [first] = profile;
  const { openBucket } = await import("../../lib/aws/open-bucket.ts");
  const stored = openBucket({ bucket, ...(first === undefined ? {} : { profile: first }) }).stored(
    remediationStateFile,
  );
  return { ...stored, read: () => stored.read().catch((error) => explainMissingBucket(bucket, error)) };
}

function explainMissingBucket(bucket: string, error: unknown): never {
  if (!(error instanceof AwsCallError) || error.code !== "NoSuchBucket") throw error;
  throw new UsageError(
    `There is no bucket "${bucket}": give the one in the output ReportBucketName of the service's stack.`,
  );
}

/** The location of the repair state: `s3://name`, or the full path of a file. */
export function stateLocationOf(state: string | undefined, env: Io["env"]): string {
  return state !== undefined && /^s3:/i.test(state) ? state : resolve(state ?? defaultPath(env));
}

/** A mistyped path would be a new, empty state, which stops nothing. */
function checkFolder(path: string): void {
  if (statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new UsageError(
      `--state ${path}: there is no folder ${dirname(path)}; correct the path, or create the folder.`,
    );
}

/** Source: https://specifications.freedesktop.org/basedir-spec/latest/ */
function stateFolder({ XDG_STATE_HOME = "", HOME = homedir() }: Io["env"]): string {
  const folder = isAbsolute(XDG_STATE_HOME) ? XDG_STATE_HOME : join(HOME, ".local", "state");
  return join(folder, "rds-password-audit");
}

/** A simulated AWS has a state of its own: a rehearsal must neither stop repairs of real accounts nor resume them. */
function defaultPath(env: Io["env"]): string {
  const endpoint = localEndpointOf(env);
  return join(endpoint === null ? stateFolder(env) : endpointFolder(endpoint, env), remediationStateFile.name);
}

function endpointFolder({ port, protocol }: URL, env: Io["env"]): string {
  return join(stateFolder(env), `localhost-${port || protocol.slice(0, -1)}`);
}

/** Deletes the default state of a simulated AWS: the next one at its port has other databases. */
export async function deleteStateOf(endpoint: string, env: Io["env"]): Promise<void> {
  await rm(endpointFolder(new URL(endpoint), env), { recursive: true, force: true });
}
