import { stringify } from "yaml";
import type { Policy } from "../../model/policy.ts";
import { canExpressKey } from "../means.ts";
import type { Requirements } from "../requirements.ts";
import { type GuardedType, guardedTypes } from "./guarded-types.ts";

type GuardOutcome = "PASS" | "FAIL" | "SKIP";

/** A resource of a template, and what the rule of the name says about it. */
type Case = {
  readonly name: string;
  readonly rule: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly outcome: GuardOutcome;
};

const ref = { Ref: "Other" };

/** Cases of the rule about management, for one resource type. */
const managementCases: Readonly<Record<GuardedType["kind"], readonly Omit<Case, "rule">[]>> = {
  instance: [
    { name: "without the property", properties: { Engine: "postgres" }, outcome: "FAIL" },
    { name: "turned off", properties: { Engine: "postgres", ManageMasterUserPassword: false }, outcome: "FAIL" },
    { name: "managed", properties: { Engine: "postgres", ManageMasterUserPassword: true }, outcome: "PASS" },
    { name: "managed, as text", properties: { Engine: "postgres", ManageMasterUserPassword: "true" }, outcome: "PASS" },
    { name: "by a parameter", properties: { Engine: "postgres", ManageMasterUserPassword: ref }, outcome: "FAIL" },
    { name: "engine by a parameter", properties: { Engine: ref }, outcome: "FAIL" },
    { name: "no engine", properties: { DBSnapshotIdentifier: "snapshot" }, outcome: "FAIL" },
    { name: "member of a cluster", properties: { Engine: "aurora-mysql", DBClusterIdentifier: ref }, outcome: "SKIP" },
    { name: "read replica", properties: { SourceDBInstanceIdentifier: ref }, outcome: "SKIP" },
    { name: "read replica of a cluster", properties: { SourceDBClusterIdentifier: ref }, outcome: "SKIP" },
    {
      name: "read replica of SQL Server",
      properties: { Engine: "sqlserver-ee", SourceDBInstanceIdentifier: ref },
      outcome: "FAIL",
    },
    { name: "RDS Custom", properties: { Engine: "custom-oracle-ee" }, outcome: "SKIP" },
    ...iamMasterUserCases("postgres"),
  ],
  cluster: [
    { name: "without the property", properties: { Engine: "aurora-mysql" }, outcome: "FAIL" },
    { name: "turned off", properties: { Engine: "aurora-mysql", ManageMasterUserPassword: false }, outcome: "FAIL" },
    { name: "managed", properties: { Engine: "aurora-mysql", ManageMasterUserPassword: true }, outcome: "PASS" },
    { name: "Serverless v1", properties: { Engine: "aurora-mysql", EngineMode: "serverless" }, outcome: "SKIP" },
    {
      name: "Limitless",
      properties: { Engine: "aurora-postgresql", ClusterScalabilityType: "limitless" },
      outcome: "SKIP",
    },
    { name: "replica", properties: { Engine: "aurora-mysql", ReplicationSourceIdentifier: "arn" }, outcome: "SKIP" },
    { name: "global database", properties: { Engine: "aurora-mysql", GlobalClusterIdentifier: ref }, outcome: "SKIP" },
    ...iamMasterUserCases("aurora-postgresql"),
  ],
};

function iamMasterUserCases(Engine: string): readonly Omit<Case, "rule">[] {
  const toCase = (name: string, type: unknown, outcome: GuardOutcome, engine = Engine) => ({
    name,
    properties: { Engine: engine, MasterUserAuthenticationType: type },
    outcome,
  });
  return [
    toCase("master user that logs in with IAM", "iam-db-auth", "SKIP"),
    toCase("master user that logs in with a password", "password", "FAIL"),
    toCase("master user by a parameter", ref, "FAIL"),
    toCase("IAM master user of an engine that has none", "iam-db-auth", "FAIL", "mysql"),
  ];
}

const passwordCases: readonly Omit<Case, "rule">[] = [
  { name: "no password", properties: { Engine: "mysql" }, outcome: "SKIP" },
  { name: "password by a parameter", properties: { MasterUserPassword: ref }, outcome: "SKIP" },
  { name: "literal password", properties: { MasterUserPassword: "an example" }, outcome: "FAIL" },
  {
    name: "password by a dynamic reference",
    properties: { MasterUserPassword: "{{resolve:secretsmanager:orders:SecretString:password}}" },
    outcome: "PASS",
  },
];

/** Unit tests of the generated rules, as `cfn-guard test` takes them. */
export function makeGuardTests(requirements: Requirements, _support: Policy["support"]): string {
  const tests = guardedTypes.flatMap((guarded) =>
    casesOf(guarded, requirements).map(({ name, rule, properties, outcome }) => ({
      name: `${guarded.type}, ${name}`,
      input: { Resources: { Database: { Type: guarded.type, Properties: properties } } },
      expectations: { rules: { [rule]: outcome } },
    })),
  );
  return stringify(tests, { aliasDuplicateObjects: false });
}

function casesOf({ kind, prefix }: GuardedType, { management, keys, exemptions }: Requirements): readonly Case[] {
  const rule = `${prefix}_master_password_managed`;
  const exemptEngines = exemptions.flatMap(({ match }) =>
    Object.keys(match).join() === "engine" ? (match.engine ?? []) : [],
  );
  return [
    ...(management
      ? [
          ...managementCases[kind].map((one) => ({ ...one, rule })),
          ...exemptEngines.map(
            (glob): Case => ({
              name: `exempt engine ${glob}`,
              rule,
              properties: { Engine: exampleOf(glob) },
              outcome: "SKIP",
            }),
          ),
        ]
      : []),
    ...passwordCases.map((one) => ({ ...one, rule: `${prefix}_password_not_in_template` })),
    ...keys.flatMap(({ match, require, differentFromStorage }, index): Case[] => {
      if (!canExpressKey("guard", index, keys)) return [];
      const Engine = exampleOf(match.engine?.[0] ?? "unlisted-engine");
      const other = require.includes("aws-managed") ? "alias/of-another-team" : "alias/aws/secretsmanager";
      const toCase = (name: string, key: unknown, outcome: GuardOutcome, storage?: unknown): Case => ({
        name: `${name} for ${Engine}`,
        rule: `${prefix}_secret_key_${index + 1}`,
        properties: {
          Engine,
          ManageMasterUserPassword: true,
          ...(key !== undefined && { MasterUserSecret: { KmsKeyId: key } }),
          ...(storage !== undefined && { KmsKeyId: storage }),
        },
        outcome,
      });
      const [first = "customer-managed"] = require;
      const key = keyExampleOf(first);
      return [
        toCase("required key", key, "PASS"),
        ...(differentFromStorage
          ? [
              toCase("another key than the storage's", key, "PASS", { "Fn::GetAtt": ["Storage", "Arn"] }),
              toCase("another key than the storage's, as text", key, "PASS", "alias/storage"),
              ...(key === undefined ? [] : [toCase("the key of the storage", key, "FAIL", key)]),
            ]
          : []),
        { ...toCase("not managed", undefined, "SKIP"), properties: { Engine } },
        ...(require.length === 0 || (require.includes("aws-managed") && require.includes("customer-managed"))
          ? []
          : [toCase("another key", other, "FAIL")]),
      ];
    }),
  ];
}

/** A name that a glob matches. */
function exampleOf(glob: string): string {
  return glob
    .replaceAll(/\{([^,}]*)[^}]*\}/g, "$1")
    .replaceAll(/\[[!^][^\]]*\]/g, "_")
    .replaceAll(/\[(.)[^\]]*\]/g, "$1")
    .replaceAll("*", "example")
    .replaceAll("?", "x");
}

/** The value of `KmsKeyId` that meets a requirement; undefined for the default key. */
function keyExampleOf(requirement: string): unknown {
  if (requirement === "aws-managed") return undefined;
  return requirement === "customer-managed" ? { "Fn::GetAtt": ["Key", "Arn"] } : requirement;
}
