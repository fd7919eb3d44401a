import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateGrantCommand,
  type CreateGrantCommandInput,
  CreateKeyCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  GetKeyPolicyCommand,
  ListAliasesCommand,
  ListGrantsCommand,
  PutKeyPolicyCommand,
  RevokeGrantCommand,
  ScheduleKeyDeletionCommand,
  UpdateAliasCommand,
} from "@aws-sdk/client-kms";
import { CreateDBInstanceCommand, DescribeDBInstancesCommand } from "@aws-sdk/client-rds";
import { DescribeSecretCommand } from "@aws-sdk/client-secrets-manager";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import type { Scenario, Stage } from "./scenario.ts";

const newKey = async ({ kms }: Stage, AliasName?: string) => {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Description: "of the contract" }));
  const { KeyId = "", Arn = "" } = KeyMetadata ?? {};
  if (AliasName !== undefined) await kms.send(new CreateAliasCommand({ AliasName, TargetKeyId: KeyId }));
  return { KeyId, Arn, aliasArn: Arn.replace(/key\/.*/, AliasName ?? "") };
};

const describeKey = ({ kms }: Stage, KeyId: string) => kms.send(new DescribeKeyCommand({ KeyId }));

const named = ["id", "ARN", "alias", "alias ARN"] as const;

const nameOf = (key: Awaited<ReturnType<typeof newKey>>, how: (typeof named)[number]): string =>
  ({ id: key.KeyId, ARN: key.Arn, alias: "alias/payments", "alias ARN": key.aliasArn })[how];

/** The scenarios of KMS and STS, and of RDS's use of keys. */
export const scenariosOfKeys: readonly Scenario[] = [
  {
    name: "key: described by id, ARN, alias and alias ARN",
    async play(stage) {
      const key = await newKey(stage, "alias/payments");
      for (const how of named) await stage.succeeds(`by ${how}`, describeKey(stage, nameOf(key, how)));
    },
  },
  {
    name: "key: not found by id, ARN, alias, alias ARN and nonsense",
    async play(stage) {
      const { Arn } = await newKey(stage);
      const id = "00000000-0000-0000-0000-000000000000";
      await stage.fails("by id", describeKey(stage, id));
      await stage.fails("by ARN", describeKey(stage, Arn.replace(/key\/.*/, `key/${id}`)));
      await stage.fails("by alias", describeKey(stage, "alias/nothing"));
      await stage.fails("by alias ARN", describeKey(stage, Arn.replace(/key\/.*/, "alias/nothing")));
      await stage.fails("by nonsense", describeKey(stage, "nonsense"));
    },
  },
  {
    name: "key: disabled and enabled",
    async play(stage) {
      const { kms, succeeds } = stage;
      const { KeyId } = await newKey(stage);
      await kms.send(new DisableKeyCommand({ KeyId }));
      await succeeds("describe it disabled", describeKey(stage, KeyId));
      await kms.send(new EnableKeyCommand({ KeyId }));
      await succeeds("describe it enabled", describeKey(stage, KeyId));
    },
  },
  {
    name: "key: deletion scheduled and canceled",
    async play(stage) {
      const { kms, succeeds } = stage;
      const { KeyId } = await newKey(stage);
      await succeeds("schedule", kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 })));
      await succeeds("describe it pending", describeKey(stage, KeyId));
      await succeeds("cancel", kms.send(new CancelKeyDeletionCommand({ KeyId })));
      await succeeds("describe it saved", describeKey(stage, KeyId));
    },
  },
  {
    name: "key: the default key of Secrets Manager",
    async play(stage) {
      await stage.succeeds("describe", describeKey(stage, "alias/aws/secretsmanager"));
    },
  },
  {
    name: "key: policy read and replaced",
    async play(stage) {
      const { kms, record, fails } = stage;
      const { KeyId, Arn } = await newKey(stage);
      const policyOf = async (id: string) => {
        const { Policy = "" } = await kms.send(new GetKeyPolicyCommand({ KeyId: id, PolicyName: "default" }));
        return JSON.parse(Policy) as unknown;
      };
      record("the policy that KMS gives it", await policyOf(KeyId));
      const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [] });
      await kms.send(new PutKeyPolicyCommand({ KeyId, PolicyName: "default", Policy }));
      record("its own policy", await policyOf(Arn));
      const id = "00000000-0000-0000-0000-000000000000";
      await fails("of no key", kms.send(new GetKeyPolicyCommand({ KeyId: id, PolicyName: "default" })));
    },
  },
  {
    name: "key: grants created, listed and revoked",
    async play(stage) {
      const { kms, record } = stage;
      const { KeyId } = await newKey(stage);
      const grant = (GranteePrincipal: string, more: Partial<CreateGrantCommandInput> = {}) =>
        kms.send(new CreateGrantCommand({ KeyId, GranteePrincipal, Operations: ["Decrypt"], ...more }));
      const list = async () =>
        ((await kms.send(new ListGrantsCommand({ KeyId }))).Grants ?? []).map((one) => [
          one.GranteePrincipal,
          one.Operations,
          one.Constraints?.EncryptionContextSubset ?? null,
        ]);
      record("none", await list());
      const { GrantId } = await grant("arn:aws:iam::123456789012:role/app");
      await grant("rds.amazonaws.com", { Constraints: { EncryptionContextSubset: { a: "b" } } });
      record("two", await list());
      await kms.send(new RevokeGrantCommand({ KeyId, GrantId }));
      record("one", await list());
    },
  },
  {
    name: "alias: listed and moved",
    async play(stage) {
      const { kms, succeeds, fails } = stage;
      const first = await newKey(stage, "alias/payments");
      const second = await newKey(stage);
      await succeeds("of the first key", kms.send(new ListAliasesCommand({ KeyId: first.KeyId })));
      await kms.send(new UpdateAliasCommand({ AliasName: "alias/payments", TargetKeyId: second.KeyId }));
      await succeeds("of the first key, then", kms.send(new ListAliasesCommand({ KeyId: first.KeyId })));
      await succeeds("of the second key, then", kms.send(new ListAliasesCommand({ KeyId: second.KeyId })));
      await succeeds("describe", describeKey(stage, "alias/payments"));
      await fails(
        "a name that is taken",
        kms.send(new CreateAliasCommand({ AliasName: "alias/payments", TargetKeyId: first.KeyId })),
      );
    },
  },
  ...named.map(
    (how): Scenario => ({
      name: `key of a managed password: named by ${how}`,
      async play(stage) {
        const { rds, secrets, succeeds, record, settle } = stage;
        const key = await newKey(stage, "alias/payments");
        await rds.send(
          new CreateDBInstanceCommand({
            DBInstanceIdentifier: "orders",
            Engine: "postgres",
            DBInstanceClass: "db.t4g.micro",
            AllocatedStorage: 20,
            MasterUsername: "master",
            ManageMasterUserPassword: true,
            MasterUserSecretKmsKeyId: nameOf(key, how),
          }),
        );
        settle();
        const { DBInstances } = await succeeds("describe", rds.send(new DescribeDBInstancesCommand({})));
        const { SecretArn, KmsKeyId } = DBInstances?.[0]?.MasterUserSecret ?? {};
        record("RDS names it by ARN", KmsKeyId === key.Arn);
        await succeeds("describe the secret", secrets.send(new DescribeSecretCommand({ SecretId: SecretArn })));
      },
    }),
  ),
  {
    name: "caller: identity",
    async play({ sts, succeeds }) {
      await succeeds("identity", sts.send(new GetCallerIdentityCommand({})));
    },
  },
];
