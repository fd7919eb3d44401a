import { parseArn } from "../../model/arn.ts";
import { terraformNames } from "../../patches/settings.ts";
import { get, isRecord, textOf } from "../json-value.ts";
import { defaultKey, defaultStorageKey, sourceKey, toDeclaredKey, toUnresolvedKey } from "../templates/compare-keys.ts";
import {
  type Declarations,
  type Declared,
  type DeclaredDatabase,
  type DeclaredKey,
  type DeclaredPassword,
  known,
  unresolvedText,
} from "../templates/declaration.ts";
import { defaultOf, findConfiguration, type ResourceConfiguration } from "./configuration.ts";
import type { TerraformPlan } from "./parse-plan.ts";

/** A resource after the plan is applied. */
type PlannedResource = {
  readonly address: string;
  readonly module: string;
  readonly type: string;
  readonly name: string;
  readonly after: unknown;
  readonly unknown: unknown;
  readonly configuration: ResourceConfiguration;
};

/** Where the plan is applied, where known. */
type PlanTarget = { readonly account: string | null; readonly region: string | null };

const databaseTypes: Readonly<Record<string, { kind: DeclaredDatabase["kind"]; password: string }>> = {
  aws_db_instance: { kind: "instance", password: "password" },
  aws_rds_cluster: { kind: "cluster", password: "master_password" },
  aws_rds_cluster_instance: { kind: "instance", password: "password" },
};

/** Databases of the provider that uses the Cloud Control API. */
const cloudControlTypes = /^awscc_rds_db_(instance|cluster)$/;

/** Resources that say something about a database, besides its replicas. */
const relatedTypes = /^aws_(kms_(replica_)?key|kms_alias|rds_global_cluster)$/;

/** The databases that exist after a plan is applied; those that it deletes are left out. Total. */
export function toPlannedDeclarations(plan: TerraformPlan, target: PlanTarget): Declarations {
  const resources = listResources(plan.root);
  const related = resources.filter(
    ({ type, configuration }) => relatedTypes.test(type) || configuration.has("replicate_source_db"),
  );
  return {
    file: plan.file,
    databases: resources.flatMap((one) =>
      Object.hasOwn(databaseTypes, one.type) ? [toDatabase(one, related, plan, target)] : [],
    ),
    unjudged: [
      ...resources
        .filter(({ type }) => cloudControlTypes.test(type))
        .map(({ address }) => ({
          name: address,
          why: "resources of the awscc provider are not read: check them after deployment with an audit",
        })),
      ...(get(plan.root, "errored") === true
        ? [{ name: plan.file, why: "the plan ended with an error and is incomplete" }]
        : []),
      ...(get(plan.root, "complete") === false
        ? [{ name: plan.file, why: "Terraform deferred a part of the plan" }]
        : []),
    ],
  };
}

function listResources(root: unknown): readonly PlannedResource[] {
  const changes = get(root, "resource_changes");
  return (Array.isArray(changes) ? changes : []).flatMap((one): PlannedResource[] => {
    const change = get(one, "change");
    const actions = get(change, "actions");
    const [address, type, name] = ["address", "type", "name"].map((key) => textOf(get(one, key)));
    if (get(one, "mode") === "data" || !Array.isArray(actions)) return [];
    if (!actions.some((action) => ["create", "update", "no-op"].includes(textOf(action)))) return [];
    if (address === undefined || type === undefined || name === undefined) return [];
    const module = textOf(get(one, "module_address") ?? "");
    const configuration = findConfiguration(root, module, type, name);
    return [
      {
        address,
        module,
        type,
        name,
        after: get(change, "after"),
        unknown: get(change, "after_unknown"),
        configuration,
      },
    ];
  });
}

function toDatabase(
  resource: PlannedResource,
  related: readonly PlannedResource[],
  plan: TerraformPlan,
  target: PlanTarget,
): DeclaredDatabase {
  const { address, type, after } = resource;
  const { kind, password } = databaseTypes[type] as { kind: DeclaredDatabase["kind"]; password: string };
  const text = (argument: string) => toText(resource, argument);
  const isMember = type === "aws_rds_cluster_instance";
  const isCluster = kind === "cluster";
  const line = plan.lineOf(address);
  const none = known<string>(null);
  return {
    file: plan.file,
    name: address,
    path: null,
    kind,
    line,
    lineOf: () => null,
    names: terraformNames(kind),
    account: accountOf(after) ?? target.account,
    region: asText(get(after, "region")) ?? target.region ?? regionOfProvider(plan.root),
    identifier: text(isCluster ? "cluster_identifier" : "identifier"),
    engine: text("engine"),
    engineVersion: asText(get(after, "engine_version")),
    managed: toBoolean(resource, "manage_master_user_password"),
    key: toKey(resource, "master_user_secret_kms_key_id", defaultKey, related),
    storageKey: toKey(resource, "kms_key_id", defaultKeyOfStorage(resource), related),
    password: toPassword(resource, password, plan.root),
    clusterIdentifier: isMember ? text("cluster_identifier") : none,
    replicationSource: isCluster
      ? text("replication_source_identifier")
      : isMember
        ? none
        : text("replicate_source_db"),
    engineMode: isCluster ? text("engine_mode") : none,
    scalabilityType: isCluster ? text("cluster_scalability_type") : none,
    globalClusterIdentifier: isCluster ? globalClusterOf(resource, related) : none,
    rdsCustom: isCluster ? none : text("custom_iam_instance_profile"),
    tags: toTags(resource),
    // The provider has no argument for it.
    masterUserAuthentication: none,
    iamAuthentication: toBoolean(resource, "iam_database_authentication_enabled"),
    condition: null,
    replicas: related
      .filter((one) => one.module === resource.module && refersTo(one, "replicate_source_db", resource))
      .map((one) => one.address),
    rotations: [],
    assumed: [],
  };
}

/** True if the provider decides the value, because the configuration does not have the argument. */
function isComputed({ unknown, configuration }: PlannedResource, argument: string): boolean {
  return get(unknown, argument) === true && configuration.isKnown && !configuration.has(argument);
}

function toText(resource: PlannedResource, argument: string): Declared<string> {
  if (isComputed(resource, argument)) return known<string>(null);
  if (get(resource.unknown, argument) === true)
    return { options: [unresolvedText], why: `${argument} is known only after apply` };
  return known(asText(get(resource.after, argument)));
}

function asText(value: unknown): string | null {
  if (value === undefined || value === null || value === "") return null;
  return typeof value === "object" ? unresolvedText : textOf(value);
}

function toBoolean({ after, unknown }: PlannedResource, argument: string): Declared<boolean> {
  if (get(unknown, argument) === true) return { options: [true, false], why: `${argument} is known only after apply` };
  const value = get(after, argument);
  return known(typeof value === "boolean" ? value : null);
}

function toKey(
  resource: PlannedResource,
  argument: string,
  ifAbsent: DeclaredKey | null,
  all: readonly PlannedResource[],
): Declared<DeclaredKey> {
  if (get(resource.unknown, argument) !== true) {
    const reference = asText(get(resource.after, argument));
    return known(reference === null ? ifAbsent : toDeclaredKey(reference));
  }
  if (isComputed(resource, argument)) return known(ifAbsent);
  const references = resource.configuration.references(argument);
  const keys = all.filter(
    (one) => /^aws_kms_(replica_)?key$/.test(one.type) && references.includes(`${one.type}.${one.name}`),
  );
  const [key] = keys;
  const [first = "a value that is known only after apply"] = references;
  if (key === undefined) return known(toUnresolvedKey(`the key ${first}`));
  const aliases = all
    .filter((one) => one.type === "aws_kms_alias" && refersTo(one, "target_key_id", key))
    .flatMap((one) => asText(get(one.after, "name")) ?? []);
  return known<DeclaredKey>({
    ...toUnresolvedKey(`the key ${key.address}`),
    manager: "CUSTOMER",
    aliases,
    // A resource with `count` or `for_each`, or of several modules, is several keys.
    resource: keys.length === 1 ? key.address : null,
  });
}

/** Arguments of a database that is restored, or replicates another one, so that its storage has the key of that one. */
const sourceArguments = [
  "snapshot_identifier",
  "restore_to_point_in_time",
  "replicate_source_db",
  "replication_source_identifier",
];

function defaultKeyOfStorage(resource: PlannedResource): DeclaredKey | null {
  if (sourceArguments.some((argument) => resource.configuration.has(argument))) return sourceKey;
  return toBoolean(resource, "storage_encrypted").options.includes(true) ? defaultStorageKey : null;
}

function refersTo({ configuration }: PlannedResource, argument: string, { type, name }: PlannedResource): boolean {
  return configuration.references(argument).includes(`${type}.${name}`);
}

function globalClusterOf(resource: PlannedResource, all: readonly PlannedResource[]): Declared<string> {
  const joined = all.find(
    (one) => one.type === "aws_rds_global_cluster" && refersTo(one, "source_db_cluster_identifier", resource),
  );
  return joined === undefined ? toText(resource, "global_cluster_identifier") : known(joined.address);
}

/** Where the password comes from. Its value is in the plan, and is compared with a default, but never kept. */
function toPassword(
  { after, unknown, configuration }: PlannedResource,
  argument: string,
  root: unknown,
): DeclaredPassword | null {
  if (configuration.has(`${argument}_wo`)) return { source: "write-only", name: null };
  const value = get(after, argument);
  const isSet = get(unknown, argument) === true || (value !== undefined && value !== null && value !== "");
  if (!isSet) return null;
  if (configuration.isConstant(argument)) return { source: "literal", name: null };
  const [name = null] = configuration.references(argument);
  if (name?.startsWith("var.") && value !== undefined && value !== null && defaultOf(root, name) === value)
    return { source: "parameter-default", name };
  return { source: "state", name };
}

function toTags({ after, unknown }: PlannedResource): DeclaredDatabase["tags"] {
  const tags = get(after, "tags_all") ?? get(after, "tags");
  const entries = isRecord(tags) ? Object.entries(tags).map(([key, value]) => [key, asText(value) ?? ""] as const) : [];
  const why =
    get(unknown, "tags_all") === undefined || isRecord(get(unknown, "tags_all"))
      ? null
      : "its tags are known only after apply";
  return { options: [Object.fromEntries(entries)], why };
}

function accountOf(after: unknown): string | null {
  return parseArn(asText(get(after, "arn")) ?? "")?.account ?? null;
}

/** The Region of the default provider, if it is a constant. */
function regionOfProvider(root: unknown): string | null {
  const provider = get(get(get(root, "configuration"), "provider_config"), "aws");
  return asText(get(get(get(provider, "expressions"), "region"), "constant_value"));
}
