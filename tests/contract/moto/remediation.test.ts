import { CreateAliasCommand, CreateKeyCommand } from "@aws-sdk/client-kms";
import { CreateDBClusterCommand, CreateDBInstanceCommand } from "@aws-sdk/client-rds";
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  PutResourcePolicyCommand,
  RotateSecretCommand,
  TagResourceCommand,
} from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createProcessWorkflow } from "../../../cli/repairs/process-workflow.ts";
import { createAccount } from "../../../lib/aws/create-account.ts";
import { takeInventory } from "../../../lib/collect/take-inventory.ts";
import { startExecutions } from "../../../lib/executions/start-executions.ts";
import { parsePolicy } from "../../../lib/model/policy.ts";
import type { RemediationEvent } from "../../../lib/model/remediation-event.ts";
import type { RemediationRequest } from "../../../lib/model/remediation-request.ts";
import { emptyRemediationState } from "../../../lib/model/remediation-state.ts";
import { type Remediation, remediateDatabase } from "../../../lib/remediate-database.ts";
import { rules } from "../../../rules/index.ts";
import type { Front } from "../../support/front.ts";
import { createMemoryStored } from "../../support/memory-stored.ts";
import { account, connect, type Emulator, region, startMoto } from "../emulators.ts";
import { currentVersionOf, startMotoFront } from "./moto-front.ts";
import { describeWith } from "./when-installed.ts";
import { lookAtAll, type WholeAccount } from "./whole-account.ts";

/*
 * Other differences between moto and AWS than those that the front takes away do not affect the procedures: moto creates a data key in a dry
 * run; no database is ever busy and no password is pending; a managed secret has no schedule until one is set.
 */

const policyText = (payments: string) => `
keys:
  - { match: { identifier: "rekey-*" }, require: ${payments} }
remediation:
  allow: [schedule-rotation, rotate, toggle, enable]
  optIn: [{ tags: { repair: "yes" } }]
  approval: []
  window: any-time
  budget: { atOnce: 10, perDay: 10 }
`;

const password = "Correct-Horse_1";
const optIn = [{ Key: "repair", Value: "yes" }];
const secretPolicy = (arn: string) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { AWS: `arn:aws:iam::${account}:root` },
        Action: "secretsmanager:GetSecretValue",
        Resource: arn,
      },
    ],
  });

describeWith(["moto_server"], "repairs of what an independent emulator has", () => {
  let moto: Emulator;
  let front: Front;
  let clients: ReturnType<typeof connect>;
  let keys: { payments: string; old: string };
  let before: WholeAccount;
  let after: WholeAccount;
  let orders: readonly { execution: string; request: RemediationRequest }[];
  const ended = new Map<string, Remediation>();
  const events: RemediationEvent[] = [];
  const state = createMemoryStored({ empty: emptyRemediationState });
  const firstVersions = new Set<string>();

  beforeAll(async () => {
    moto = await startMoto();
    const { endpoint } = await moto.open();
    clients = connect(endpoint);
    keys = await fill();
    before = await lookAtAll(clients);
    front = await startMotoFront(endpoint, firstVersions);
    await repairAll();
    after = await lookAtAll(clients);
  });
  afterAll(async () => {
    clients?.destroy();
    await front?.close();
    await moto?.stop();
  });

  /** Two of each: one that is opted in, and one that is not. */
  async function fill() {
    const { rds, secrets, kms } = clients;
    const createKey = async (alias: string) => {
      const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Tags: [{ TagKey: "a", TagValue: "b" }] }));
      await kms.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: KeyMetadata?.KeyId }));
      return KeyMetadata?.Arn ?? "";
    };
    const made = { payments: await createKey("alias/payments"), old: await createKey("alias/old") };
    type Management =
      | { MasterUserPassword: string }
      | { ManageMasterUserPassword: true; MasterUserSecretKmsKeyId?: string };
    const unmanaged: Management = { MasterUserPassword: password };
    const managed = (key?: string): Management => ({
      ManageMasterUserPassword: true,
      ...(key === undefined ? {} : { MasterUserSecretKmsKeyId: key }),
    });
    const instance = async (DBInstanceIdentifier: string, management: Management, Tags = optIn) => {
      const { DBInstance } = await rds.send(
        new CreateDBInstanceCommand({
          ...{ DBInstanceIdentifier, Engine: "postgres", DBInstanceClass: "db.m6g.large", AllocatedStorage: 20 },
          ...{ MasterUsername: "master", Tags: [...Tags, { Key: "team", Value: "shop" }] },
          ...management,
        }),
      );
      return DBInstance?.MasterUserSecret?.SecretArn ?? "";
    };
    const cluster = (DBClusterIdentifier: string, management: Management, Tags = optIn) =>
      rds.send(
        new CreateDBClusterCommand({
          ...{ DBClusterIdentifier, Engine: "aurora-postgresql", MasterUsername: "master", Tags },
          ...management,
        }),
      );
    await instance("legacy", unmanaged);
    await instance("legacy-twin", unmanaged, []);
    await cluster("archive", unmanaged);
    await cluster("archive-twin", unmanaged, []);
    for (const [name, tags] of [
      ["rekey-shop", optIn],
      ["rekey-twin", []],
    ] as const) {
      const SecretId = await instance(name, managed(made.old), [...tags]);
      await secrets.send(new TagResourceCommand({ SecretId, Tags: [{ Key: "owner", Value: "jo" }] }));
      await secrets.send(new PutResourcePolicyCommand({ SecretId, ResourcePolicy: secretPolicy(SecretId) }));
      await secrets.send(new RotateSecretCommand({ SecretId, RotationRules: { AutomaticallyAfterDays: 30 } }));
    }
    for (const [name, tags] of [
      ["late", optIn],
      ["late-twin", []],
    ] as const) {
      const SecretId = await instance(name, managed(), [...tags]);
      await secrets.send(new RotateSecretCommand({ SecretId, RotationRules: { AutomaticallyAfterDays: 1 } }));
      firstVersions.add(currentVersionOf(await secrets.send(new DescribeSecretCommand({ SecretId }))));
    }
    await instance("still", managed());
    await instance("still-twin", managed(), []);
    await secrets.send(new CreateSecretCommand({ Name: "another-owners", SecretString: "value" }));
    return made;
  }

  /** Repairs like the service: an inventory, remediation requests, and one execution for each. */
  async function repairAll(): Promise<void> {
    const policy = parsePolicy(
      policyText(keys.payments),
      "policy.yaml",
      rules.map(({ id }) => id),
    );
    const now = () => new Date().toISOString();
    const credentials = { accessKeyId: account, secretAccessKey: "not-verified" };
    const aws = createAccount({ name: "moto", endpoint: front.endpoint, credentials, maxAttempts: 1 });
    const inventory = await takeInventory({
      ...{ accounts: [aws], regions: [region], policy, rules, now: now(), forRepair: true },
    });
    expect(inventory.targets.flatMap(({ gaps }) => gaps)).toEqual([]);
    const given: { execution: string; request: RemediationRequest }[] = [];
    const { failures } = await startExecutions({
      ...{ inventory, policy, rules, state, now: now() },
      async start(execution, request) {
        given.push({ execution: `${given.length}-${execution}`, request });
        return true;
      },
    });
    expect(failures).toEqual([]);
    orders = given;
    for (const { execution, request } of orders) {
      const remediation = await remediateDatabase({
        ...{ request, execution, policy, rules, state, now },
        isEnabled: true,
        approval: null,
        waits: true,
        port: aws.region({ account, region, partition: "aws" }),
        notify: async (event) => void events.push(event),
        workflow: createProcessWorkflow({
          now: () => new Date(),
          sleep: async () => {},
          signal: new AbortController().signal,
          listener: { start() {}, pause() {}, end() {} },
        }),
      });
      ended.set(request.database.identifier, remediation);
    }
  }

  const secretIn = ({ databases, secrets }: WholeAccount, identifier: string) => {
    const SecretArn = databases.get(identifier)?.MasterUserSecret?.SecretArn ?? "";
    return { SecretArn, secret: secrets.get(SecretArn) };
  };

  test("requests a repair only for opted-in databases, for the rule with the violation", () => {
    expect(
      Object.fromEntries(
        orders.map(({ request: { database, action, rule } }) => [database.identifier, [action, rule]]),
      ),
    ).toEqual({
      legacy: ["enable", "master-password-managed"],
      archive: ["enable", "master-password-managed"],
      "rekey-shop": ["toggle", "secret-key-as-required"],
      late: ["rotate", "rotation-on-schedule"],
      still: ["schedule-rotation", "rotation-enabled"],
    });
  });

  test("repairs each, and the rule confirms it", () => {
    const repaired = (action: string) => [{ action, outcome: { end: "repaired", remarks: [] } }];
    expect(Object.fromEntries(ended)).toEqual({
      legacy: repaired("enable"),
      archive: repaired("enable"),
      "rekey-shop": repaired("toggle"),
      late: repaired("rotate"),
      still: repaired("schedule-rotation"),
    });
    expect(state.kept().attempts.map(({ outcome }) => outcome)).toEqual(Array(5).fill("repaired"));
    expect(state.kept()).toMatchObject({ running: [], secretSnapshots: {}, stopped: null, failuresInARow: 0 });
  });

  test.each(["legacy", "archive"])("%s is managed now", (identifier) => {
    expect(secretIn(before, identifier).secret).toBeUndefined();
    expect(after.databases.get(identifier)?.MasterUserSecret).toMatchObject({ SecretStatus: "active" });
    expect(secretIn(after, identifier).secret).toMatchObject({ OwningService: "rds" });
  });

  test("the secret with the wrong key is replaced by one with the required key and the old one's settings", () => {
    const { SecretArn: oldArn } = secretIn(before, "rekey-shop");
    const { SecretArn, secret } = secretIn(after, "rekey-shop");
    expect(SecretArn).not.toBe(oldArn);
    expect(after.secrets.has(oldArn)).toBe(false);
    expect(after.databases.get("rekey-shop")?.MasterUserSecret).toMatchObject({
      SecretStatus: "active",
      KmsKeyId: keys.payments,
    });
    expect(secret).toMatchObject({
      RotationEnabled: true,
      RotationRules: { AutomaticallyAfterDays: 30 },
      Tags: expect.arrayContaining([{ Key: "owner", Value: "jo" }]),
      ResourcePolicy: secretPolicy(SecretArn),
    });
  });

  test("the overdue secret has the same ARN and a new version", () => {
    const [old, rotated] = [secretIn(before, "late"), secretIn(after, "late")];
    expect(rotated.SecretArn).toBe(old.SecretArn);
    expect(firstVersions).toContain(currentVersionOf(old.secret));
    expect(firstVersions).not.toContain(currentVersionOf(rotated.secret));
  });

  test("the secret whose rotation was off rotates every seven days", () => {
    const [old, scheduled] = [secretIn(before, "still"), secretIn(after, "still")];
    expect(scheduled.SecretArn).toBe(old.SecretArn);
    expect(old.secret?.RotationEnabled).toBeUndefined();
    expect(scheduled.secret).toMatchObject({ RotationEnabled: true, RotationRules: { AutomaticallyAfterDays: 7 } });
  });

  test("nothing else in the account changed: no database, secret, key, alias, policy, or tag", () => {
    const repaired = orders.map(({ request }) => request.database.identifier);
    const untouched = (everything: WholeAccount) => {
      const { databases, secrets, ...rest } = everything;
      const theirs = new Set(repaired.map((identifier) => secretIn(everything, identifier).SecretArn));
      return {
        ...rest,
        // Of a repaired database, everything except the secret.
        databases: new Map(
          [...databases].map(([identifier, { MasterUserSecret, ...settings }]) => [
            identifier,
            repaired.includes(identifier) ? settings : { ...settings, MasterUserSecret },
          ]),
        ),
        secrets: new Map([...secrets].filter(([arn]) => !theirs.has(arn))),
      };
    };
    expect(before.databases.size).toBe(10);
    expect(untouched(before).secrets.size).toBe(4);
    expect(untouched(after)).toEqual(untouched(before));
  });

  test("only these changes were requested", () => {
    const changes = front.requests
      .filter(({ operation }) => !/^(Describe|List)|^Get(CallerIdentity|ResourcePolicy)$/.test(operation))
      .filter(({ operation, body }) => operation !== "GenerateDataKey" || !JSON.parse(body).DryRun)
      .map(({ operation, body, headers }) => {
        const params = headers["content-type"]?.includes("json")
          ? JSON.parse(body)
          : Object.fromEntries(new URLSearchParams(body));
        return `${operation} ${params.DBInstanceIdentifier ?? params.DBClusterIdentifier ?? params.ResourceName ?? params.SecretId}`;
      });
    const { SecretArn: still } = secretIn(after, "still");
    const { SecretArn: rekeyed } = secretIn(after, "rekey-shop");
    const rekeyShop = `arn:aws:rds:${region}:${account}:db:rekey-shop`;
    expect([...changes].sort()).toEqual(
      [
        "ModifyDBCluster archive",
        "ModifyDBInstance legacy",
        `AddTagsToResource ${rekeyShop}`,
        "ModifyDBInstance rekey-shop",
        "ModifyDBInstance rekey-shop",
        `RotateSecret ${rekeyed}`,
        `TagResource ${rekeyed}`,
        `PutResourcePolicy ${rekeyed}`,
        `RemoveTagsFromResource ${rekeyShop}`,
        "ModifyDBInstance late",
        `RotateSecret ${still}`,
      ].sort(),
    );
  });

  test("publishes the new ARNs; no message and no stored object contains the temporary password", () => {
    expect(
      events
        .filter(({ type }) => type === "secret.replaced")
        .map(({ database, secret }) => [database.identifier, secret]),
    ).toEqual(
      orders
        .map(({ request }) => request.database.identifier)
        .filter((identifier) => ["legacy", "archive", "rekey-shop"].includes(identifier))
        .map((identifier) => [
          identifier,
          { before: secretIn(before, identifier).SecretArn || null, after: secretIn(after, identifier).SecretArn },
        ]),
    );
    const [thrownAway = "", ...more] = front.requests.flatMap(
      ({ body }) => new URLSearchParams(body).get("MasterUserPassword") ?? [],
    );
    expect([thrownAway.length, more]).toEqual([30, []]);
    expect(JSON.stringify([events, state.kept(), [...ended]])).not.toContain(thrownAway);
  });
});
