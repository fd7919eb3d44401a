import { cloudFormationNames } from "../../patches/settings.ts";
import { get, isRecord, textOf } from "../json-value.ts";
import { findAttachments, listSources } from "../patches/secret-attachments.ts";
import { defaultKey, defaultStorageKey, sourceKey, toDeclaredKey, toUnresolvedKey } from "../templates/compare-keys.ts";
import {
  type Declarations,
  type Declared,
  type DeclaredDatabase,
  type DeclaredKey,
  known,
  type Unjudged,
  unresolvedText,
} from "../templates/declaration.ts";
import { isTrue, type ParameterValues, readParameters } from "./parameters.ts";
import type { Template } from "./parse-template.ts";
import { findPasswordSource } from "./password.ts";
import { createResolver, type Resolved, type Resolver, type StackTarget } from "./resolve.ts";

const kinds: Readonly<Record<string, DeclaredDatabase["kind"]>> = {
  "AWS::RDS::DBInstance": "instance",
  "AWS::RDS::DBCluster": "cluster",
};

/** What surrounds a template: values of parameters, where it is deployed, and whether its nested stacks are judged as files of their own. */
export type TemplateContext = {
  readonly parameters: ParameterValues;
  readonly target: StackTarget;
  readonly nestedAreJudged: boolean;
};

/** The databases that a template declares. Total: a template that makes no sense declares none, or unresolved ones. */
export function toDeclarations(template: Template, context: TemplateContext): Declarations {
  const { root, file } = template;
  const resources = Object.entries(get(root, "Resources") ?? {});
  const resolver = createResolver(
    template,
    readParameters(get(root, "Parameters"), context.parameters),
    context.target,
  );
  const databases = resources.flatMap(([name, resource]) => {
    const kind = kinds[textOf(get(resource, "Type"))];
    if (kind === undefined) return [];
    const condition = readCondition(resource, resolver);
    return condition === false ? [] : [toDatabase(name, kind, template, resolver, context.target, condition)];
  });
  return { file, databases, unjudged: resources.flatMap(([name, resource]) => findUnjudged(name, resource, context)) };
}

function toDatabase(
  name: string,
  kind: DeclaredDatabase["kind"],
  template: Template,
  resolver: Resolver,
  target: StackTarget,
  condition: string | null,
): DeclaredDatabase {
  const resource = get(get(template.root, "Resources"), name);
  const properties = get(resource, "Properties");
  const property = (key: string) => resolver.resolve(get(properties, key) ?? undefined);
  const text = (key: string) => toText(property(key), key);
  const line = (key: string) => template.lineOf("Resources", name, "Properties", key);
  resolver.takeAssumed();
  const isInstance = kind === "instance";
  const sources = isInstance
    ? ["SourceDBInstanceIdentifier", "SourceDBClusterIdentifier"]
    : ["ReplicationSourceIdentifier"];
  const settings = {
    identifier: text(isInstance ? "DBInstanceIdentifier" : "DBClusterIdentifier"),
    engine: toText(resolver.resolve(engineOf(properties, template)), "Engine"),
    engineVersion: knownText(text("EngineVersion")),
    managed: toBoolean(property("ManageMasterUserPassword"), "ManageMasterUserPassword"),
    key: toKey(get(get(properties, "MasterUserSecret"), "KmsKeyId"), keySettings.secret, resolver, template),
    storageKey: toStorageKey(properties, resolver, template),
    iamAuthentication: toBoolean(property("EnableIAMDatabaseAuthentication"), "EnableIAMDatabaseAuthentication"),
    password: findPasswordSource(get(properties, "MasterUserPassword"), resolver),
    clusterIdentifier: isInstance ? text("DBClusterIdentifier") : known<string>(null),
    replicationSource: firstSet(sources.map(text)),
    engineMode: isInstance ? known<string>(null) : text("EngineMode"),
    scalabilityType: isInstance ? known<string>(null) : text("ClusterScalabilityType"),
    globalClusterIdentifier: isInstance
      ? known<string>(null)
      : globalClusterOf(name, text("GlobalClusterIdentifier"), template),
    rdsCustom: isInstance ? text("CustomIAMInstanceProfile") : known<string>(null),
    masterUserAuthentication: text("MasterUserAuthenticationType"),
    tags: toTags(property("Tags"), resolver),
  };
  const path = get(get(resource, "Metadata"), "aws:cdk:path");
  return {
    ...settings,
    file: template.file,
    name,
    path: typeof path === "string" ? path : null,
    kind,
    line: template.lineOf("Resources", name),
    lineOf: (which) =>
      line(which === "key" ? "MasterUserSecret" : cloudFormationNames[which === "turnOn" ? "managed" : which]),
    names: cloudFormationNames,
    ...target,
    condition,
    replicas: findReplicas(name, template),
    rotations: listSources(get(properties, "MasterUserPassword"), template.root).flatMap((source) =>
      findAttachments(source, template.root),
    ),
    assumed: resolver.takeAssumed(),
  };
}

/**
 * False if the resource's condition is false, so that it is not created; the condition's name if that is not certain, also because a default
 * decides it; null if it is true, or there is none.
 */
function readCondition(resource: unknown, resolver: Resolver): string | false | null {
  const name = get(resource, "Condition");
  if (name === undefined) return null;
  resolver.takeAssumed();
  const verdict = resolver.resolve({ "Fn::If": [name, true, false] });
  if (verdict.kind === "value" && verdict.value === true) return null;
  return verdict.kind === "value" && resolver.takeAssumed().length === 0 ? false : textOf(name);
}

/** A replica has the engine of its source, and a member that of its cluster. */
function engineOf(properties: unknown, { root }: Pick<Template, "root">, depth = 0): unknown {
  const own = get(properties, "Engine");
  if (own !== undefined || depth > 10) return own;
  const source = ["SourceDBInstanceIdentifier", "SourceDBClusterIdentifier", "DBClusterIdentifier"]
    .map((key) => get(get(properties, key), "Ref"))
    .find((one) => typeof one === "string");
  const resource = source === undefined ? undefined : get(get(root, "Resources"), source);
  return resource === undefined ? undefined : engineOf(get(resource, "Properties"), { root }, depth + 1);
}

/** A text; an empty one counts as not set, as in CloudFormation. */
function toText(resolved: Resolved, what: string): Declared<string> {
  if (resolved.kind === "absent") return known<string>(null);
  if (resolved.kind === "unresolved") {
    if (resolved.options === null) return { options: [unresolvedText], why: `${what} is ${resolved.why}` };
    const options = resolved.options.flatMap((option) => toText(option, what).options);
    return { options: [...new Set(options)], why: `${what} depends on ${resolved.why}` };
  }
  const { value } = resolved;
  if (value === undefined || value === null || value === "") return known<string>(null);
  return known(typeof value === "object" ? unresolvedText : textOf(value));
}

function knownText({ options: [value = null], why }: Declared<string>): string | null {
  return why === null ? value : null;
}

function toBoolean(resolved: Resolved, what: string): Declared<boolean> {
  if (resolved.kind === "absent") return known<boolean>(null);
  if (resolved.kind === "value") return known(resolved.value === undefined ? null : isTrue(resolved.value));
  const why = `${what} is ${resolved.why}`;
  if (resolved.options === null) return { options: [true, false], why };
  const options = [...new Set(resolved.options.flatMap((option) => toBoolean(option, what).options))];
  return options.length === 1 ? known(options[0] ?? null) : { options, why: `${what} depends on ${resolved.why}` };
}

type KeySetting = { readonly property: string; readonly ifAbsent: DeclaredKey | null };

const keySettings = {
  secret: { property: "MasterUserSecret.KmsKeyId", ifAbsent: defaultKey },
  storage: { property: "KmsKeyId" },
} as const;

function toKey(value: unknown, setting: KeySetting, resolver: Resolver, template: Template): Declared<DeclaredKey> {
  return toResolvedKey(resolver.resolve(value), JSON.stringify(value) ?? null, setting, template);
}

/** `expression` is how the whole value is written; null for a branch of a condition. */
function toResolvedKey(
  resolved: Resolved,
  expression: string | null,
  setting: KeySetting,
  template: Template,
): Declared<DeclaredKey> {
  if (resolved.kind === "absent") return known(setting.ifAbsent);
  if (resolved.kind === "value") {
    const { value } = resolved;
    return known(isEmpty(value) ? setting.ifAbsent : toDeclaredKey(textOf(value)));
  }
  if (resolved.options !== null)
    return {
      options: resolved.options.flatMap((option) => toResolvedKey(option, null, setting, template).options),
      why: `${setting.property} depends on ${resolved.why}`,
    };
  return known(ownKey(resolved.resource, template) ?? toUnresolvedKey(`a key that is ${resolved.why}`, expression));
}

/** Settings of a database that is restored, or replicates another one, so that its storage has the key of that one. */
const sourceProperties = [
  "DBSnapshotIdentifier",
  "DBClusterSnapshotIdentifier",
  "SnapshotIdentifier",
  "SourceDBInstanceIdentifier",
  "SourceDBInstanceAutomatedBackupsArn",
  "SourceDbiResourceId",
  "SourceDBClusterIdentifier",
  "SourceDbClusterResourceId",
  "ReplicationSourceIdentifier",
];

function toStorageKey(properties: unknown, resolver: Resolver, template: Template): Declared<DeclaredKey> {
  const property = (name: string) => resolver.resolve(get(properties, name) ?? undefined);
  const hasSource = sourceProperties.some((name) => !isUnset(property(name)));
  const encrypted = toBoolean(property("StorageEncrypted"), "StorageEncrypted").options;
  const ifAbsent = hasSource ? sourceKey : encrypted.includes(true) ? defaultStorageKey : null;
  return toKey(get(properties, "KmsKeyId"), { ...keySettings.storage, ifAbsent }, resolver, template);
}

/** CloudFormation takes an empty text as not set. */
function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}

function isUnset(resolved: Resolved): boolean {
  return resolved.kind === "absent" || (resolved.kind === "value" && isEmpty(resolved.value));
}

/** A key that the template itself makes, which is customer managed, also by an alias of the template. */
function ownKey(name: string | undefined, template: Template): DeclaredKey | null {
  if (name === undefined) return null;
  const resources = Object.entries(get(template.root, "Resources") ?? {});
  const [, resource] = resources.find(([id]) => id === name) ?? [];
  const type = get(resource, "Type");
  const aliasName = (one: unknown) => {
    const alias = get(get(one, "Properties"), "AliasName");
    return typeof alias === "string" ? [alias] : [];
  };
  const isAliasOf = (alias: unknown, key: string) =>
    get(alias, "Type") === "AWS::KMS::Alias" && refersTo(get(get(alias, "Properties"), "TargetKeyId"), key);
  if (type === "AWS::KMS::Alias") {
    const [target] = resources.find(([key]) => isAliasOf(resource, key)) ?? [];
    const aliases = aliasName(resource);
    const alias = { ...toUnresolvedKey(aliases[0] ?? name), manager: "CUSTOMER", aliases } as const;
    return target === name ? alias : (ownKey(target, template) ?? alias);
  }
  if (type !== "AWS::KMS::Key" && type !== "AWS::KMS::ReplicaKey") return null;
  return {
    ...toUnresolvedKey(`the key ${name} of the template`),
    manager: "CUSTOMER",
    aliases: resources.filter(([, one]) => isAliasOf(one, name)).flatMap(([, one]) => aliasName(one)),
    resource: name,
  };
}

/** True for `Ref` and `Fn::GetAtt` of a resource. */
function refersTo(value: unknown, name: string): boolean {
  const attribute = get(value, "Fn::GetAtt");
  return (
    get(value, "Ref") === name || (Array.isArray(attribute) ? attribute[0] : textOf(attribute).split(".")[0]) === name
  );
}

/** The first of several settings that is set, or may be. */
function firstSet(all: readonly Declared<string>[]): Declared<string> {
  return all.find(({ options }) => options.some((option) => option !== null)) ?? known<string>(null);
}

/** A cluster can also become a member of a global database because the global cluster names it. */
function globalClusterOf(name: string, own: Declared<string>, { root }: Template): Declared<string> {
  const joined = Object.entries(get(root, "Resources") ?? {}).find(
    ([, one]) =>
      get(one, "Type") === "AWS::RDS::GlobalCluster" &&
      refersTo(get(get(one, "Properties"), "SourceDBClusterIdentifier"), name),
  );
  return joined === undefined ? own : known(joined[0]);
}

/** Instances of the template that replicate a database. */
function findReplicas(name: string, { root }: Template): readonly string[] {
  return Object.entries(get(root, "Resources") ?? {}).flatMap(([id, one]) => {
    const properties = get(one, "Properties");
    const sources = [get(properties, "SourceDBInstanceIdentifier"), get(properties, "SourceDBClusterIdentifier")];
    return get(one, "Type") === "AWS::RDS::DBInstance" && sources.some((source) => refersTo(source, name)) ? [id] : [];
  });
}

function toTags(resolved: Resolved, { resolve }: Resolver): DeclaredDatabase["tags"] {
  const why = "the stack adds its own tags";
  if (resolved.kind !== "value" || !Array.isArray(resolved.value)) return { options: [{}], why };
  const entries = resolved.value.flatMap((tag): [string, string][] => {
    const [key, value] = [resolve(get(tag, "Key")), resolve(get(tag, "Value"))];
    if (key.kind !== "value" || typeof key.value !== "string") return [];
    return [[key.value, value.kind === "value" ? textOf(value.value) : unresolvedText]];
  });
  return { options: [Object.fromEntries(entries)], why };
}

/** Resources that can make databases which this template does not show. */
function findUnjudged(name: string, resource: unknown, { nestedAreJudged }: TemplateContext): readonly Unjudged[] {
  if (name.startsWith("Fn::ForEach"))
    return JSON.stringify(resource).includes("AWS::RDS::") ? [{ name, why: "a loop makes these databases" }] : [];
  if (name === "Fn::Transform") return [{ name, why: "a macro or an included file adds resources" }];
  if (!isRecord(resource)) return [];
  const type = textOf(get(resource, "Type"));
  if (type.endsWith("::MODULE")) return [{ name, why: `the module ${type} adds resources` }];
  const isNested = type === "AWS::CloudFormation::Stack" || type === "AWS::Serverless::Application";
  return isNested && !nestedAreJudged
    ? [{ name, why: "the nested stack has a template of its own: check that file too" }]
    : [];
}
