import type { Command } from "commander";
import { type AccountPort, type InventoryRequest, takeInventory } from "../lib/collect/take-inventory.ts";
import { UsageError } from "../lib/model/errors.ts";
import { type Inventory, inventorySchema } from "../lib/model/inventory.ts";
import { suggest } from "../lib/model/nearest.ts";
import type { Policy } from "../lib/model/policy.ts";
import { isRegionName, knownRegions } from "../lib/model/regions.ts";
import { rules } from "../rules/index.ts";
import { refuseBoth } from "./choices.ts";
import { readText } from "./files.ts";
import { regionIn } from "./find-database.ts";
import { type Account, type Aws, type Io, openAccount } from "./io.ts";
import { createProgressBar } from "./progress-bar.ts";

/** What to judge: AWS, or a saved inventory. */
export type SourceOptions = {
  readonly region?: readonly string[];
  readonly allRegions?: true;
  readonly profile?: readonly string[];
  readonly policy?: string;
  readonly from?: string;
};

/** Where AWS is read: in which accounts and Regions. */
export type Source = { readonly accounts: readonly Account[]; readonly regions: readonly string[] | "all" };

/** Gives a command the options that say what to judge. */
export function addSourceOptions(command: Command): Command {
  return addAwsOptions(command).option(
    "--from <file>",
    "judge an inventory that was saved with --save-inventory; needs no credentials",
  );
}

/** Gives a command the options that say where in AWS to look, and by which policy. */
export function addAwsOptions(command: Command): Command {
  return command
    .option(
      "-r, --region <region...>",
      "Regions to look into (default: the policy's, else that of the AWS configuration)",
    )
    .option("--all-regions", "look into every Region that is enabled for the account")
    .option(
      "-p, --profile <name...>",
      "AWS profiles, one for each account (default: the AWS configuration's credentials)",
    )
    .option("--policy <file>", "what is required, in YAML or JSON (default: nothing of keys)");
}

/** Refuses options that contradict each other, before anything is read. */
export function checkSource({ region, allRegions, profile, from }: SourceOptions): void {
  refuseBoth({ "--region": region, "--all-regions": allRegions });
  refuseBoth({ "--from": from, "--region": region });
  refuseBoth({ "--from": from, "--all-regions": allRegions });
  refuseBoth({ "--from": from, "--profile": profile });
}

/** The inventory that the options name: read from a file, or taken now. `names` are databases that it has to hold. */
export async function openInventory(
  options: SourceOptions,
  policy: Policy,
  io: Io,
  { names = [], forRepair = false }: { names?: readonly string[]; forRepair?: boolean } = {},
): Promise<Inventory> {
  if (options.from !== undefined) return readInventory(options.from);
  return takeInventoryWithProgress({ ...(await openSourceOf(names, options, policy, io)), policy, forRepair }, io);
}

/** The accounts and Regions that the options name. */
async function openSource(options: Omit<SourceOptions, "from" | "policy">, policy: Policy, io: Io): Promise<Source> {
  const aws = await io.loadAws();
  const accounts =
    options.profile === undefined
      ? [openAccount(aws)]
      : [...new Set(options.profile)].map((profile) => openAccount(aws, profile));
  return { accounts, regions: options.allRegions ? "all" : await chooseRegions(options, policy, aws, accounts) };
}

/** The same for databases that the user named: an ARN says its Region itself, unless the options do. */
export async function openSourceOf(
  names: readonly string[],
  options: Omit<SourceOptions, "from" | "policy">,
  policy: Policy,
  io: Io,
): Promise<Source> {
  const regions = names.flatMap((name) => regionIn(name) ?? []);
  const hasRegions = options.region !== undefined || options.allRegions !== undefined;
  if (hasRegions || regions.length === 0) return openSource(options, policy, io);
  if (regions.length === names.length) return openSource({ ...options, region: regions }, policy, io);
  const source = await openSource(options, policy, io);
  return source.regions === "all" ? source : { ...source, regions: [...new Set([...source.regions, ...regions])] };
}

/** Takes an inventory of some accounts, and shows on a terminal how far it is. */
export async function takeInventoryWithProgress(
  request: Pick<InventoryRequest, "accounts" | "regions" | "policy" | "forRepair">,
  io: Io,
): Promise<Inventory> {
  const bar = createProgressBar(io.stderr);
  try {
    return await takeInventory({ ...request, rules, now: io.now().toISOString(), onProgress: bar.show });
  } finally {
    bar.stop();
  }
}

async function chooseRegions(
  { region, profile }: SourceOptions,
  policy: Policy,
  aws: Aws,
  accounts: readonly AccountPort[],
): Promise<readonly string[]> {
  const given = region?.flatMap((names) => names.split(",")).map((name) => name.trim()) ?? policy.regions;
  if (given === undefined) return [await configuredRegion(profile, aws)];
  const names = [...new Set(given)];
  for (const name of names) await checkRegion(name, accounts);
  return names;
}

async function configuredRegion(profiles: readonly string[] = [], aws: Aws): Promise<string> {
  const configured =
    profiles.length === 0 ? [await aws.defaultRegion()] : await Promise.all(profiles.map(aws.defaultRegion));
  const distinct = [...new Set(configured)];
  const [name] = distinct;
  if (distinct.length > 1)
    throw new UsageError(
      `The profiles have different Regions (${distinct.map((one) => one ?? "none").join(", ")}): give --region or --all-regions.`,
    );
  if (name == null) throw new UsageError("Which Region? Give --region eu-west-1, --all-regions, or set AWS_REGION.");
  return name;
}

/** The list of Regions may be older than a Region: AWS has the last word on a name that could be one. */
async function checkRegion(name: string, accounts: readonly AccountPort[]): Promise<void> {
  if (knownRegions.some((known) => known === name)) return;
  if (isRegionName(name))
    for (const account of accounts) {
      const enabled = await account.listRegions().catch((): readonly string[] => []);
      if (enabled.includes(name)) return;
    }
  throw new UsageError(`"${name}" is no Region${suggest(name, knownRegions)}.`);
}

async function readInventory(file: string): Promise<Inventory> {
  const text = await readText(file);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UsageError(`${file} is no inventory: it is not JSON.`);
  }
  const version = typeof value === "object" && value !== null && "schemaVersion" in value ? value.schemaVersion : null;
  const parsed = inventorySchema.safeParse(value);
  if (parsed.success) return parsed.data;
  if (typeof value === "object" && value !== null && "findings" in value)
    throw new UsageError(`${file} is a report, not an inventory: save one with audit --save-inventory.`);
  if (version !== null && !inventorySchema.shape.schemaVersion.safeParse(version).success)
    throw new UsageError(`${file} has schemaVersion ${JSON.stringify(version)}; this version reads "1.0".`);
  const [issue] = parsed.error.issues;
  const location =
    version === null || issue === undefined || issue.path.length === 0 ? "" : ` at ${issue.path.join(".")}`;
  throw new UsageError(`${file} is no inventory${location}: save one with audit --save-inventory.`);
}
