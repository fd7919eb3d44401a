import { type Database, unknown } from "../../model/database.ts";
import { type Declared, type DeclaredDatabase, type DeclaredKey, unresolvedText } from "./declaration.ts";

/** A database as it can be after deployment, and its keys. */
export type Variant = {
  readonly database: Database;
  readonly key: DeclaredKey | null;
  readonly storageKey: DeclaredKey | null;
  /** True if the master user logs in with IAM, and has no password; null if the file does not say. */
  readonly hasIamMasterUser: boolean | null;
};

/** A master user that logs in with IAM. */
const iamMasterUser = "iam-db-auth";

/** More than that is not enumerated. */
const maxVariants = 256;

/** An engine can be any of these if it is not resolved. RDS Custom is not among them, because it needs a setting of its own. */
const possibleEngines = {
  instance: ["postgres", "sqlserver-se", "oracle-ee-cdb"],
  cluster: ["aurora-postgresql", "postgres"],
};

const settings = [
  "engine",
  "managed",
  "key",
  "storageKey",
  "clusterIdentifier",
  "replicationSource",
  "engineMode",
  "scalabilityType",
  "globalClusterIdentifier",
  "rdsCustom",
  "masterUserAuthentication",
] as const;
type Setting = (typeof settings)[number];
type Chosen = { readonly [S in Setting]: DeclaredDatabase[S]["options"][number] };

/** Every combination of what the settings can be; null if there are too many. */
export function listVariants(declared: DeclaredDatabase): readonly Variant[] | null {
  let combinations: readonly Partial<Chosen>[] = [{}];
  for (const setting of settings) {
    const options = optionsOf(declared, setting);
    combinations = combinations.flatMap((one) => options.map((value) => ({ ...one, [setting]: value })));
    if (combinations.length > maxVariants) return null;
  }
  return combinations.map((chosen) => toVariant(declared, chosen as Chosen));
}

function optionsOf(declared: DeclaredDatabase, setting: Setting): readonly unknown[] {
  const { options } = declared[setting];
  if (setting === "masterUserAuthentication")
    return options.flatMap((option) => (option === unresolvedText ? [null, iamMasterUser] : [option]));
  if (setting !== "engine") return options;
  return (options as Declared<string>["options"]).flatMap((engine) =>
    engine === null || engine === unresolvedText ? possibleEngines[declared.kind] : [engine],
  );
}

function toVariant(declared: DeclaredDatabase, chosen: Chosen): Variant {
  const { name, kind, account, region, engineVersion, tags, replicas } = declared;
  const [knownTags] = tags.options;
  return {
    key: chosen.key,
    storageKey: chosen.storageKey,
    hasIamMasterUser:
      chosen.masterUserAuthentication === null ? null : chosen.masterUserAuthentication === iamMasterUser,
    database: {
      arn: toReference(declared),
      kind,
      identifier: name,
      resourceId: unknown,
      account: account ?? "",
      region: region ?? "",
      engine: chosen.engine?.toLowerCase() ?? unknown,
      engineVersion,
      status: "planned",
      createdAt: null,
      masterUserSecret: chosen.managed === true ? { secretArn: null, status: null, kmsKeyId: null } : null,
      tags: { ...knownTags },
      pendingChanges: [],
      replicas: [...replicas],
      maintenanceWindow: null,
      clusterIdentifier: chosen.clusterIdentifier,
      replicationSource: chosen.replicationSource,
      multiTenant: false,
      containerArn: null,
      engineMode: chosen.engineMode,
      scalabilityType: chosen.scalabilityType,
      globalClusterIdentifier: chosen.globalClusterIdentifier,
      globalWriteForwarding: false,
      rdsCustom: chosen.rdsCustom !== null,
      expressConfiguration: false,
      iamAuthentication: false,
      storageKmsKeyId: unknown,
    },
  };
}

/** What identifies a declared database in a report, instead of an ARN: `template.yaml#Orders`. */
function toReference({ file, name }: Pick<DeclaredDatabase, "file" | "name">): string {
  return `${file}#${name}`;
}

/** The engine, if it is resolved. */
export function resolvedEngine({ engine: { options } }: Pick<DeclaredDatabase, "engine">): string {
  const [engine = null] = options;
  return options.length > 1 || engine === null || engine === unresolvedText ? unknown : engine.toLowerCase();
}

/** What is not resolved, for a sentence. */
export function listUnresolved(declared: DeclaredDatabase): string {
  const reasons = settings.flatMap((setting) => declared[setting].why ?? []);
  if (declared.engine.options.includes(null)) reasons.push("the engine is not set");
  return [...new Set(reasons)].join("; ") || "too many of its settings are not resolved";
}
