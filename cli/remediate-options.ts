import type { ActionName } from "../lib/model/action.ts";
import { quote } from "../lib/model/aws-cli.ts";
import { commandNameOf } from "./command-name.ts";
import type { Io } from "./io.ts";
import type { SourceOptions } from "./source.ts";
import type { StateOptions } from "./state-option.ts";

/** The options of `remediate`. */
export type RemediateOptions = Omit<SourceOptions, "from"> &
  StateOptions & {
    readonly action?: ActionName;
    readonly apply?: true;
    readonly yes?: true;
    readonly findingsTopic?: string;
    readonly alertsTopic?: string;
  };

/** The `remediate` command with these options, to copy. It never includes `--yes`, so that the user is asked. */
export function toCommand(names: readonly string[], options: RemediateOptions, io: Pick<Io, "env">): string {
  const { region, allRegions, profile, policy, state, action, findingsTopic, alertsTopic, apply } = options;
  const words = [
    ...names,
    ...(region === undefined ? [] : ["--region", ...region]),
    ...(allRegions === undefined ? [] : ["--all-regions"]),
    ...(profile === undefined ? [] : ["--profile", ...profile]),
    ...toOption("--policy", policy),
    ...toOption("--state", state),
    ...toOption("--action", action),
    ...toOption("--findings-topic", findingsTopic),
    ...toOption("--alerts-topic", alertsTopic),
    ...(apply ? ["--apply"] : []),
  ];
  return `${commandNameOf(io)} remediate ${words.map(quote).join(" ")}`;
}

function toOption(name: string, value: string | undefined): string[] {
  return value === undefined ? [] : [name, value];
}

/** The command that continues the repair of a database. It names no action, because the database's tag decides what comes first. */
export function toContinueCommand(arn: string, options: RemediateOptions, io: Pick<Io, "env">): string {
  const { region: _, allRegions: __, action: ___, ...others } = options;
  return toCommand([arn], { ...others, apply: true }, io);
}
