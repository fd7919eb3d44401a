import type { ActionName } from "../lib/model/action.ts";
import { quote } from "../lib/model/aws-cli.ts";
import { commandNameOf } from "./command-name.ts";
import type { Io } from "./io.ts";
import type { SourceOptions } from "./source.ts";
import type { StateOptions } from "./state-option.ts";

/** What `remediate` takes beside the names of databases. */
export type RemediateOptions = Omit<SourceOptions, "from"> &
  StateOptions & {
    readonly action?: ActionName;
    readonly apply?: true;
    readonly yes?: true;
    readonly findingsTopic?: string;
    readonly alertsTopic?: string;
  };

/** The command line that does this, as it can be copied. It never leaves out the question: whoever copies it is asked. */
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

/** The command line that goes on with a database, whatever was begun on it: what is finished first follows from its tag. */
export function toGoOnCommand(arn: string, options: RemediateOptions, io: Pick<Io, "env">): string {
  const { region: _, allRegions: __, action: ___, ...others } = options;
  return toCommand([arn], { ...others, apply: true }, io);
}
