import type { Command } from "commander";
import type { RemediationState } from "../lib/model/remediation-state.ts";
import type { Stored } from "../lib/storage/update-stored.ts";
import type { Io } from "./io.ts";
import { openState } from "./state-file.ts";

/** Where the state of remediation is, and whose credentials open it. */
export type StateOptions = { readonly state?: string; readonly profile?: readonly string[] };

/** Gives a command the option that says where the state of remediation is. */
export function addStateOption(command: Command): Command {
  return command.option(
    "--state <place>",
    "who is at work and what was tried: a file, or s3:// and the report bucket of the deployed service (default: a file of your own)",
  );
}

/** The state that the options name. Of several profiles the first opens a bucket. */
export function openStateOf({ state, profile = [] }: StateOptions, { env }: Io): Promise<Stored<RemediationState>> {
  const [first] = profile;
  return openState(state, { env, ...(first === undefined ? {} : { profile: first }) });
}
