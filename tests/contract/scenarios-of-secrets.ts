import { CreateKeyCommand } from "@aws-sdk/client-kms";
import { CreateDBClusterCommand, CreateDBInstanceCommand } from "@aws-sdk/client-rds";
import {
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetResourcePolicyCommand,
  ListSecretsCommand,
  PutResourcePolicyCommand,
  paginateListSecrets,
  RestoreSecretCommand,
  UpdateSecretCommand,
} from "@aws-sdk/client-secrets-manager";
import type { Scenario, Stage } from "./scenario.ts";

/** Created for each call: the SDK's paginators write their token into it. */
const ownedByRds = () => ({ Filters: [{ Key: "owning-service" as const, Values: ["rds"] }] });

/** Creates a managed instance and returns its secret's ARN. */
const newSecret = async ({ rds, settle }: Stage, name: string, MasterUserSecretKmsKeyId?: string): Promise<string> => {
  const { DBInstance } = await rds.send(
    new CreateDBInstanceCommand({
      DBInstanceIdentifier: name,
      Engine: "postgres",
      DBInstanceClass: "db.t4g.micro",
      AllocatedStorage: 20,
      MasterUsername: "master",
      ManageMasterUserPassword: true,
      ...(MasterUserSecretKmsKeyId !== undefined && { MasterUserSecretKmsKeyId }),
    }),
  );
  settle();
  return DBInstance?.MasterUserSecret?.SecretArn ?? "none";
};

/** The scenarios of Secrets Manager. No scenario writes or reads a secret's value. */
export const scenariosOfSecrets: readonly Scenario[] = [
  {
    name: "secret: of an instance, with the default key",
    async play(stage) {
      const SecretId = await newSecret(stage, "orders");
      await stage.succeeds("describe", stage.secrets.send(new DescribeSecretCommand({ SecretId })));
      await stage.succeeds("list", stage.secrets.send(new ListSecretsCommand({})));
    },
  },
  {
    name: "secret: of a cluster",
    async play({ rds, secrets, settle, succeeds }) {
      const { DBCluster } = await rds.send(
        new CreateDBClusterCommand({
          DBClusterIdentifier: "shop",
          Engine: "aurora-postgresql",
          MasterUsername: "master",
          ManageMasterUserPassword: true,
        }),
      );
      settle();
      const SecretId = DBCluster?.MasterUserSecret?.SecretArn;
      await succeeds("describe", secrets.send(new DescribeSecretCommand({ SecretId })));
    },
  },
  {
    name: "secret: found by ARN and name, and not found",
    async play(stage) {
      const { secrets, record, fails } = stage;
      const arn = await newSecret(stage, "orders");
      const describe = (SecretId: string) => secrets.send(new DescribeSecretCommand({ SecretId }));
      const { Name = "" } = await describe(arn);
      record("by name", (await describe(Name)).ARN === arn);
      record("by ARN without its suffix", (await describe(arn.slice(0, -7))).ARN === arn);
      await fails("not at all", describe("rds!db-00000000-0000-0000-0000-000000000000"));
      await fails("not at all, by ARN", describe(arn.replace("rds!db-", "rds!db-0")));
      await fails(
        "policy of none",
        secrets.send(new GetResourcePolicyCommand({ SecretId: "rds!db-00000000-0000-0000-0000-000000000000" })),
      );
    },
  },
  {
    name: "secrets: by owning service",
    async play(stage) {
      const { succeeds, secrets } = stage;
      await newSecret(stage, "orders");
      await newSecret(stage, "legacy");
      await succeeds("rds", secrets.send(new ListSecretsCommand(ownedByRds())));
      await succeeds(
        "another",
        secrets.send(new ListSecretsCommand({ Filters: [{ Key: "owning-service", Values: ["redshift"] }] })),
      );
    },
  },
  {
    name: "secrets: seven in pages of three",
    async play(stage) {
      const { record, secrets } = stage;
      for (let number = 1; number <= 7; number += 1) await newSecret(stage, `db-${number}`);
      const sizes: number[] = [];
      const seen = new Set<string | undefined>();
      for await (const { SecretList = [] } of paginateListSecrets({ client: secrets, pageSize: 3 }, ownedByRds())) {
        sizes.push(SecretList.length);
        for (const { ARN } of SecretList) seen.add(ARN);
      }
      record("sizes", sizes);
      record("different ones", seen.size);
    },
  },
  {
    name: "secrets: one that is scheduled for deletion",
    async play(stage) {
      const { succeeds, secrets } = stage;
      const SecretId = await newSecret(stage, "orders");
      await secrets.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 }));
      await succeeds("list", secrets.send(new ListSecretsCommand(ownedByRds())));
      await succeeds(
        "list with planned deletion",
        secrets.send(new ListSecretsCommand({ ...ownedByRds(), IncludePlannedDeletion: true })),
      );
      await succeeds("describe", secrets.send(new DescribeSecretCommand({ SecretId })));
      await secrets.send(new RestoreSecretCommand({ SecretId }));
      await succeeds("describe it restored", secrets.send(new DescribeSecretCommand({ SecretId })));
    },
  },
  {
    name: "secret: with a customer managed key",
    async play(stage) {
      const { succeeds, kms, secrets } = stage;
      const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
      const SecretId = await newSecret(stage, "orders", KeyMetadata?.Arn);
      await succeeds("describe", secrets.send(new DescribeSecretCommand({ SecretId })));
    },
  },
  {
    name: "secret: with a key that was changed in Secrets Manager",
    async play(stage) {
      const { succeeds, kms, secrets } = stage;
      const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
      const SecretId = await newSecret(stage, "orders");
      await secrets.send(new UpdateSecretCommand({ SecretId, KmsKeyId: KeyMetadata?.Arn }));
      await succeeds("describe", secrets.send(new DescribeSecretCommand({ SecretId })));
    },
  },
  {
    name: "secret: its resource policy",
    async play(stage) {
      const { succeeds, secrets } = stage;
      const SecretId = await newSecret(stage, "orders");
      await succeeds("none", secrets.send(new GetResourcePolicyCommand({ SecretId })));
      const ResourcePolicy = JSON.stringify({
        Version: "2012-10-17",
        Statement: [{ Effect: "Deny", Principal: "*", Action: "secretsmanager:PutSecretValue", Resource: "*" }],
      });
      await secrets.send(new PutResourcePolicyCommand({ SecretId, ResourcePolicy }));
      await succeeds("one", secrets.send(new GetResourcePolicyCommand({ SecretId })));
    },
  },
];
