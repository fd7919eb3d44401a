import type { ActionName } from "../../lib/model/action.ts";
import { type Database, toggleTagKey } from "../../lib/model/database.ts";
import { defaultPolicy } from "../../lib/model/default-policy.ts";
import type { Policy } from "../../lib/model/policy.ts";
import { emptyRemediationState } from "../../lib/model/remediation-state.ts";
import { formatToggleMarker, secretSuffixOf } from "../../lib/model/toggle-marker.ts";
import { saveSnapshot } from "../../lib/plan/remediation-state.ts";
import type { Managed } from "../../simulator/builders.ts";
import type { SimulatedDatabase, SimulatedKey, SimulatedRotationRules, Tag } from "../../simulator/resources.ts";
import type { Region } from "../../simulator/state.ts";
import { createWorld, startAt, type World } from "./world.ts";

/** What is to be true of the database and its secret in the end. */
export type Goal = {
  readonly secret: "same" | "new" | "any";
  readonly keyArn: string;
  /** Whether the policy wants that key; else it is the one that the old secret had. */
  readonly isKeyRequired: boolean;
  readonly rotationRules: SimulatedRotationRules;
  readonly tags: readonly Tag[];
  readonly hasResourcePolicy: boolean;
};

/** Something that is wrong with one database of one kind, and that the service may repair. */
export type Scenario = {
  readonly name: string;
  readonly rule: string;
  /** What is done first. */
  readonly action: ActionName;
  readonly setUp: () => { readonly world: World; readonly goal: Goal };
};

export const optInTag = { repair: "yes" };

const allowed: Policy["remediation"] = {
  ...defaultPolicy.remediation,
  allow: ["schedule-rotation", "rotate", "toggle", "enable"],
  optIn: [{ tags: optInTag }],
  approval: [],
  window: ["any-time"],
};

type Keys = { readonly present: SimulatedKey; readonly required: SimulatedKey };
type Fault = {
  readonly rule: string;
  readonly action: ActionName;
  readonly managed: (keys: Keys) => Managed;
  /** Whether the policy requires another key than the present one. */
  readonly requiresKey?: boolean;
  readonly remediation?: Partial<Policy["remediation"]>;
  /** Whether the secret has tags and a resource policy of its own. */
  readonly isDecorated?: boolean;
  readonly secret: Goal["secret"];
  readonly after?: (world: World, database: SimulatedDatabase, keys: Keys) => void;
};

const everyTenDays: SimulatedRotationRules = { ScheduleExpression: "rate(10 days)", Duration: "3h" };
/** A secret that is not rotated while a trial lasts: what fails in it does not make others sick. */
const restful = {
  RotationRules: { AutomaticallyAfterDays: 80 },
  LastRotatedDate: new Date(startAt),
  NextRotationDate: new Date("2027-02-12T12:00:00Z"),
};
const everySevenDays: SimulatedRotationRules = { AutomaticallyAfterDays: 7 };
const ownTags: readonly Tag[] = [
  { Key: "team", Value: "shop" },
  { Key: "cost-centre", Value: "4711" },
];
export const policyFor = (secretArn: string) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { AWS: "arn:aws:iam::111111111111:role/app" },
        Action: "secretsmanager:DescribeSecret",
        Resource: secretArn,
      },
    ],
  });

const faults = {
  "no rotation": {
    rule: "rotation-enabled",
    action: "schedule-rotation",
    managed: ({ present }) => ({
      ...{ kmsKeyId: present.Arn, RotationEnabled: false, NextRotationDate: undefined },
      RotationRules: everyTenDays,
    }),
    secret: "same",
  },
  "overdue rotation": {
    rule: "rotation-on-schedule",
    action: "rotate",
    managed: ({ present }) => ({
      kmsKeyId: present.Arn,
      NextRotationDate: new Date("2026-11-20T12:00:00Z"),
      LastRotatedDate: new Date("2026-11-10T12:00:00Z"),
      RotationRules: everyTenDays,
    }),
    secret: "same",
  },
  "impaired, until it is rotated": {
    rule: "secret-not-impaired",
    action: "rotate",
    managed: ({ present }) => ({ kmsKeyId: present.Arn, status: "impaired", RotationRules: everyTenDays }),
    isDecorated: true,
    secret: "any",
  },
  "impaired for good": {
    rule: "secret-not-impaired",
    action: "rotate",
    managed: ({ present }) => ({ kmsKeyId: present.Arn, status: "impaired", RotationRules: everyTenDays }),
    isDecorated: true,
    secret: "new",
    after: ({ here, affectedDatabases }) => {
      for (const { arn } of affectedDatabases) here.failingRotations.add(arn);
    },
  },
  "impaired for good, with approval": {
    rule: "secret-not-impaired",
    action: "rotate",
    managed: ({ present }) => ({ kmsKeyId: present.Arn, status: "impaired", RotationRules: everyTenDays }),
    isDecorated: true,
    remediation: { approval: ["toggle"], window: ["maintenance"] },
    secret: "new",
    after: ({ here, affectedDatabases }) => {
      for (const { arn } of affectedDatabases) here.failingRotations.add(arn);
    },
  },
  "wrong key": {
    rule: "secret-key-as-required",
    action: "toggle",
    managed: ({ present }) => ({ kmsKeyId: present.Arn, RotationRules: everyTenDays }),
    requiresKey: true,
    isDecorated: true,
    secret: "new",
  },
  "wrong key, and RDS is slow": {
    rule: "secret-key-as-required",
    action: "toggle",
    managed: ({ present }) => ({ kmsKeyId: present.Arn, RotationRules: everyTenDays }),
    requiresKey: true,
    isDecorated: true,
    secret: "new",
    after: ({ cloud }) =>
      Object.assign(cloud.timing, { resetStartsSeconds: 900, resetEndsSeconds: 5400, rotateSeconds: 1200 }),
  },
  "wrong key, with approval": {
    rule: "secret-key-as-required",
    action: "toggle",
    managed: ({ present }) => ({ kmsKeyId: present.Arn, RotationRules: everyTenDays }),
    requiresKey: true,
    isDecorated: true,
    remediation: { approval: ["toggle"], window: ["maintenance"] },
    secret: "new",
  },
  unmanaged: {
    rule: "master-password-managed",
    action: "enable",
    managed: () => false,
    requiresKey: true,
    secret: "new",
  },
  "interrupted toggle": {
    rule: "toggle-not-interrupted",
    action: "finish-interrupted",
    managed: () => false,
    requiresKey: true,
    isDecorated: true,
    secret: "new",
    after: leaveInterrupted,
  },
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof faults;
export const faultNames = Object.keys(faults) as FaultName[];

/** As a toggle leaves a database behind that was killed after management was off. */
function leaveInterrupted(
  { stores, affectedDatabases, orphaned }: World,
  database: SimulatedDatabase,
  { present, required }: Keys,
): void {
  const [subject] = affectedDatabases;
  if (subject === undefined) throw new Error("there is no database");
  const secretArn = `arn:aws:secretsmanager:eu-west-1:111111111111:secret:rds!db-old-AbCdEf`;
  const marker = {
    ...{ startedAt: "2026-11-20T12:00:00.000Z", keyReference: required.Arn, execution: "db-1" },
    oldSecretSuffix: secretSuffixOf(secretArn),
  };
  database.TagList.push({ Key: toggleTagKey, Value: formatToggleMarker(marker) });
  const secretSnapshot = {
    rule: "secret-key-as-required",
    offRequestedAt: "2026-11-20T12:00:05.000Z",
    secretArn,
    keyReference: present.Arn,
    rotationEnabled: true,
    rotationRules: { automaticallyAfterDays: null, scheduleExpression: "rate(10 days)", duration: "3h" },
    tags: Object.fromEntries(ownTags.map(({ Key, Value }) => [Key, Value])),
    resourcePolicy: policyFor(secretArn),
  };
  orphaned.add(subject.arn);
  void stores.service.write(saveSnapshot(emptyRemediationState, subject.resourceId, secretSnapshot), null);
}

type ScenarioOptions = {
  /** How many databases have the fault. */
  readonly databases?: number;
  readonly remediation?: Partial<Policy["remediation"]>;
};

/** One fault on one kind of database, with bystanders that nothing may be done to. */
export function aScenario(
  name: FaultName,
  kind: Database["kind"],
  { databases = 1, remediation = {} }: ScenarioOptions = {},
): Scenario {
  const fault: Fault = faults[name];
  const { rule, action, requiresKey = false, isDecorated = false } = fault;
  return {
    ...{ rule, action },
    name: `${name} (${kind})`,
    setUp() {
      let keys: Keys | undefined;
      let built: SimulatedDatabase | undefined;
      const policy: Policy = {
        ...defaultPolicy,
        exemptionTags: true,
        keys: [],
        remediation: { ...allowed, ...fault.remediation, ...remediation },
      };
      const world = createWorld(policy, (here) => {
        keys = { present: here.addKey(), required: here.addKey() };
        if (requiresKey) policy.keys.push({ match: {}, require: [keys.required.Arn] });
        const managed = fault.managed(keys);
        const faulty = ["orders", "ledger", "shop", "users", "mail", "wiki"].slice(0, databases);
        const all = faulty.map((identifier) => addDatabase(here, kind, identifier, managed, optInTag));
        if (isDecorated) for (const one of all) decorate(here, one);
        [built] = all;
        // One other database has the same violation but no opt-in; another has none.
        addDatabase(here, kind, "bystander", managed, {});
        addDatabase(here, kind, "healthy", { ...restful, kmsKeyId: keys.required.Arn }, optInTag);
        return all;
      });
      if (keys === undefined || built === undefined) throw new Error("nothing was built");
      fault.after?.(world, built, keys);
      const isCustom = name !== "unmanaged";
      return {
        world,
        goal: {
          secret: fault.secret,
          keyArn: (requiresKey ? keys.required : keys.present).Arn,
          isKeyRequired: requiresKey,
          rotationRules: isCustom ? everyTenDays : everySevenDays,
          tags: isDecorated ? ownTags : [],
          hasResourcePolicy: isDecorated,
        },
      };
    },
  };
}

function addDatabase(
  here: Region,
  kind: Database["kind"],
  identifier: string,
  managed: Managed,
  tags: Readonly<Record<string, string>>,
): SimulatedDatabase {
  if (kind === "cluster") return here.addCluster({ identifier, managed, tags });
  if (kind === "instance") return here.addInstance({ identifier, managed, tags });
  const instance = here.addInstance({ identifier: `${identifier}-cdb`, engine: "oracle-ee-cdb", MultiTenant: true });
  return here.addTenantDatabase({ instance, name: identifier.toUpperCase(), managed, tags });
}

/** Gives a database's secret what a new one would not have. */
function decorate(here: Region, { MasterUserSecret }: SimulatedDatabase): void {
  const secret = here.secrets.get(MasterUserSecret?.SecretArn ?? "");
  if (secret === undefined) return;
  here.secrets.set(secret.ARN, {
    ...secret,
    Tags: [...secret.Tags, ...ownTags],
    resourcePolicy: policyFor(secret.ARN),
  });
}
