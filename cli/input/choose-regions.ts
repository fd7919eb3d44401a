import type { AccountPort } from "../../lib/collect/choose-targets.ts";
import { UsageError } from "../../lib/model/errors.ts";
import { suggest } from "../../lib/model/nearest.ts";
import { isRegionName, knownRegions } from "../../lib/model/regions.ts";
import type { Aws } from "../io.ts";

type RegionSettings = {
  /** From the options, else from the policy. */
  readonly regions: readonly string[] | undefined;
  readonly profiles: readonly string[];
  /** The options that name a Region, for messages. */
  readonly remedy: string;
};

/** The Regions to read: those given, else that of the AWS configuration. Throws a UsageError for an unknown Region. */
export async function chooseRegions(
  { regions, profiles, remedy }: RegionSettings,
  aws: Pick<Aws, "defaultRegion">,
  accounts: readonly Pick<AccountPort, "listRegions">[],
): Promise<readonly string[]> {
  if (regions === undefined) {
    const region = await configuredRegion({ profiles, remedy }, aws);
    return [await checkRegion(region, accounts, `; correct AWS_REGION or the profile's region, or give ${remedy}`)];
  }
  const checked: string[] = [];
  for (const name of new Set(regions.map((region) => region.toLowerCase())))
    checked.push(await checkRegion(name, accounts));
  return checked;
}

async function configuredRegion(
  { profiles, remedy }: Omit<RegionSettings, "regions">,
  { defaultRegion }: Pick<Aws, "defaultRegion">,
): Promise<string> {
  const configured =
    profiles.length === 0
      ? [await defaultRegion()]
      : await Promise.all(profiles.map((profile) => defaultRegion(profile)));
  const distinct = [...new Set(configured)];
  const [name] = distinct;
  if (distinct.length > 1)
    throw new UsageError(
      `The profiles have different Regions (${distinct.map((one) => one ?? "none").join(", ")}): give ${remedy}.`,
    );
  if (name == null) throw new UsageError(`No Region is configured: give ${remedy}, or set AWS_REGION.`);
  return name;
}

/** Names that stand for all Regions elsewhere. */
const allNames = ["all", "*", "global"];

/** Asks AWS about a name that is not in the list of known Regions, because the Region may be newer than the list. */
async function checkRegion(
  name: string,
  accounts: readonly Pick<AccountPort, "listRegions">[],
  remedy = "",
): Promise<string> {
  if (knownRegions.some((known) => known === name)) return name;
  if (isRegionName(name))
    for (const account of accounts) {
      const enabled = await account.listRegions().catch((): readonly string[] => []);
      if (enabled.includes(name)) return name;
    }
  if (allNames.includes(name))
    throw new UsageError(`"${name}" is not a Region: to read every Region that is enabled, give --all-regions.`);
  throw new UsageError(`"${name}" is not a known Region${suggest(name, knownRegions)}${remedy}.`);
}
