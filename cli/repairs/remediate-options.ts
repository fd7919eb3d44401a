import type { ActionName } from "../../lib/model/action.ts";
import { quote } from "../../lib/model/aws-cli.ts";
import { UsageError } from "../../lib/model/errors.ts";
import type { PlannedAction } from "../../lib/model/plan.ts";
import { commandNameOf } from "../command-name.ts";
import type { SourceOptions } from "../input/source.ts";
import type { Io } from "../io.ts";
import type { StateOptions } from "./state-option.ts";

/** The options of `remediate`. */
export type RemediateOptions = Omit<SourceOptions, "from"> &
  StateOptions & {
    readonly action?: ActionName;
    readonly apply?: true;
    readonly yes?: true;
    readonly findingsTopic?: string;
    readonly alertsTopic?: string;
    /** The command is `rotate`: its selection, and whether it leaves out the gates about timing. */
    readonly rotate?: true;
    readonly tag?: Readonly<Record<string, string>>;
    readonly all?: true;
    readonly now?: true;
    readonly format?: "table" | "json";
    readonly consumers?: true;
  };

/** How changes are approved, if any are made. Throws a UsageError if the user has to confirm and there is no terminal. */
export function chooseMode(
  { apply, yes }: Pick<RemediateOptions, "apply" | "yes">,
  { ask }: Pick<Io, "ask">,
): "dry-run" | "ask" | "approved" {
  if (apply && !yes && ask === null)
    throw new UsageError("--apply asks for confirmation, but there is no terminal: add --yes to skip it.");
  return !apply ? "dry-run" : yes ? "approved" : "ask";
}

/** True if the databases were selected by tag or all at once. Then the plan shows only closed gates, and nothing repeats them. */
export function isSelection({ tag, all }: Pick<RemediateOptions, "tag" | "all">): boolean {
  return tag !== undefined || all !== undefined;
}

/** The `remediate` or `rotate` command with these options, to copy. It never includes `--yes`, so that the user is asked. */
export function toCommand(names: readonly string[], options: RemediateOptions, io: Pick<Io, "env">): string {
  const { region, allRegions, profile, policy, state, action, findingsTopic, alertsTopic, apply } = options;
  const { rotate, tag = {}, all, now } = options;
  const tags = Object.entries(tag).map(([key, value]) => `${key}=${value}`);
  const words = [
    ...names,
    ...(tags.length === 0 ? [] : ["--tag", ...tags]),
    ...(all ? ["--all"] : []),
    ...(now ? ["--now"] : []),
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
  return `${commandNameOf(io)} ${rotate ? "rotate" : "remediate"} ${words.map(quote).join(" ")}`;
}

function toOption(name: string, value: string | undefined): string[] {
  return value === undefined ? [] : [name, value];
}

/**
 * The command that continues the repair of a database. It names no action, because the database's tag decides what comes first, but for a
 * rotation on demand, which no finding calls for.
 */
export function toContinueCommand(
  { database: { arn }, onDemand }: Pick<PlannedAction, "database" | "onDemand">,
  options: RemediateOptions,
  io: Pick<Io, "env">,
): string {
  const { region: _, allRegions: __, action: ___, tag: ____, all: _____, ...others } = options;
  return toCommand([arn], { ...others, ...(onDemand && { rotate: true }), apply: true }, io);
}
