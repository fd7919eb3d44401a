import { findConsumers } from "../../lib/consumers/find-consumers.ts";
import type { ConsumersReport } from "../../lib/model/consumer.ts";
import type { Database } from "../../lib/model/database.ts";
import { UsageError } from "../../lib/model/errors.ts";
import type { Inventory } from "../../lib/model/inventory.ts";
import type { Plan } from "../../lib/model/plan.ts";
import type { Io } from "../io.ts";
import { openAws } from "./aws-environment.ts";
import type { Found } from "./find-database.ts";
import type { Source, SourceOptions } from "./source.ts";

type CallerChoice = Pick<SourceOptions, "profile" | "region">;

/** Finds the consumers of a database, with the credentials of its account. */
export async function readConsumers(
  { database, target }: Found,
  { accounts }: Pick<Source, "accounts">,
  options: CallerChoice,
  io: Io,
): Promise<ConsumersReport> {
  const isMember = ({ clusterIdentifier }: Database) =>
    database.kind === "cluster" && clusterIdentifier === database.identifier;
  const profile = await profileOf(database.account, accounts, options);
  const aws = await openAws(io, profile === undefined ? [] : [profile]);
  const port = await aws.openConsumers({ region: database.region, ...(profile === undefined ? {} : { profile }) });
  return findConsumers(database, target.databases.filter(isMember), port, io.now());
}

/** Adds to a plan the consumers of each database whose password, or secret, an action of the plan replaces. */
export async function addConsumersTo(
  plan: Plan,
  inventory: Inventory,
  source: Pick<Source, "accounts">,
  options: CallerChoice,
  io: Io,
): Promise<Plan> {
  const replacing = plan.actions.filter(({ action }) => action === "enable" || action === "toggle");
  const arns = new Set(replacing.map(({ database }) => database.arn));
  const consumers: ConsumersReport[] = [];
  for (const target of inventory.targets)
    for (const database of target.databases)
      if (arns.has(database.arn)) consumers.push(await readConsumers({ database, target }, source, options, io));
  return { ...plan, consumers };
}

/** The profile whose account has the database; undefined for the default credentials. */
async function profileOf(
  account: string,
  accounts: Source["accounts"],
  { profile = [], region = [] }: CallerChoice,
): Promise<string | undefined> {
  for (const [index, name] of [...new Set(profile)].entries()) {
    const identity = await accounts[index]?.identify(region[0]).catch(() => null);
    if (identity?.account === account) return name;
  }
  if (profile.length === 0) return undefined;
  throw new UsageError(`No profile of --profile is for account ${account}: try again.`);
}
