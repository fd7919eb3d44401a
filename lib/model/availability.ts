import type { Database } from "./database.ts";
import { matchesGlob } from "./glob.ts";

/** Where RDS can manage master passwords, as AWS documents it for some engines. */
export type Availability = {
  /** Globs of `Engine`. */
  readonly engines: readonly string[];
  /** The first engine version, as in "8.0.28"; null for every version. */
  readonly fromVersion: string | null;
  readonly regions: "all" | readonly string[];
  readonly source: string;
  /** Month in which the AWS documentation was last checked. */
  readonly asOf: string;
};

const guide = "https://docs.aws.amazon.com/AmazonRDS/latest";
/** AWS lists no engine version and no Region without it; both pages end with "available in all AWS Regions". */
const everywhere = { fromVersion: null, regions: "all", asOf: "2026-04" } as const;

/** Engines and Regions in which RDS can manage master passwords. What is unsupported for other reasons is in `lib/audit/classify.ts`. */
export const availabilities: readonly Availability[] = [
  {
    engines: ["mysql", "mariadb", "postgres", "oracle-*", "sqlserver-*", "db2-*"],
    ...everywhere,
    source: `${guide}/UserGuide/Concepts.RDS_Fea_Regions_DB-eng.Feature.SecretsManager.html`,
  },
  {
    engines: ["aurora", "aurora-mysql", "aurora-postgresql"],
    ...everywhere,
    source: `${guide}/AuroraUserGuide/Concepts.Aurora_Fea_Regions_DB-eng.Feature.SecretsManager.html`,
  },
];

/**
 * True if the table says that RDS cannot manage the password of such a database: only a version or Region that it excludes does. Text says why
 * that is unknown, as for an engine that the table does not contain.
 */
export function isUnavailable(
  { engine, engineVersion, region }: Pick<Database, "engine" | "engineVersion" | "region">,
  table: readonly Availability[] = availabilities,
): boolean | string {
  const entry = table.find(({ engines }) => engines.some((glob) => matchesGlob(engine, glob)));
  if (entry === undefined) return `this version of rds-password-audit does not know the engine ${engine}`;
  const { fromVersion, regions } = entry;
  if (regions !== "all" && !regions.includes(region)) return true;
  if (fromVersion === null) return false;
  const difference = compareVersions(engineVersion ?? "", fromVersion);
  if (difference === null) return `its engine version ${engineVersion ?? ""} cannot be compared with ${fromVersion}`;
  return difference < 0;
}

/** Compares the numbers at the start of two versions; null if one has none. */
function compareVersions(one: string, other: string): number | null {
  const [left, right] = [one, other].map((version) => /^\d+(\.\d+)*/.exec(version)?.[0].split(".").map(Number));
  if (left === undefined || right === undefined) return null;
  for (const [index, number] of right.entries()) {
    const difference = (left[index] ?? 0) - number;
    if (difference !== 0) return difference;
  }
  return 0;
}
