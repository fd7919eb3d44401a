import {
  DescribeKeyCommand,
  GetKeyPolicyCommand,
  ListAliasesCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
} from "@aws-sdk/client-kms";
import {
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  DescribeDBProxiesCommand,
  ListTagsForResourceCommand,
  type MasterUserSecret,
} from "@aws-sdk/client-rds";
import { DescribeSecretCommand, GetResourcePolicyCommand, ListSecretsCommand } from "@aws-sdk/client-secrets-manager";
import type { connect } from "../emulators.ts";

type Clients = Pick<ReturnType<typeof connect>, "rds" | "secrets" | "kms">;

/** AWS's description of each resource, by identifier, ARN, or key id. */
export type WholeAccount = {
  readonly databases: ReadonlyMap<string, { readonly MasterUserSecret?: MasterUserSecret | undefined }>;
  readonly secrets: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  readonly tags: ReadonlyMap<string, unknown>;
  readonly keys: ReadonlyMap<string, unknown>;
  readonly rest: unknown;
};

/** All databases, secrets, and keys of an account, without the fields that change by themselves. */
export async function lookAtAll({ rds, secrets, kms }: Clients): Promise<WholeAccount> {
  const databases = new Map<string, { MasterUserSecret?: MasterUserSecret | undefined }>();
  const tags = new Map<string, unknown>();
  const add = async (identifier = "", ResourceName = "", settings: object) => {
    databases.set(identifier, settings);
    tags.set(ResourceName, (await rds.send(new ListTagsForResourceCommand({ ResourceName }))).TagList);
  };
  // moto reports `creating` or `rotating` once.
  await rds.send(new DescribeDBInstancesCommand({}));
  await rds.send(new DescribeDBClustersCommand({}));
  const { DBInstances = [] } = await rds.send(new DescribeDBInstancesCommand({}));
  for (const { LatestRestorableTime: _, ...instance } of DBInstances)
    await add(instance.DBInstanceIdentifier, instance.DBInstanceArn, instance);
  const { DBClusters = [] } = await rds.send(new DescribeDBClustersCommand({}));
  for (const { LatestRestorableTime: _, ...cluster } of DBClusters)
    await add(cluster.DBClusterIdentifier, cluster.DBClusterArn, cluster);

  const ofSecrets = new Map<string, Record<string, unknown>>();
  const { SecretList = [] } = await secrets.send(
    new ListSecretsCommand({ IncludePlannedDeletion: true, MaxResults: 100 }),
  );
  for (const { ARN: SecretId = "" } of SecretList) {
    const { $metadata: _, ...description } = await secrets.send(new DescribeSecretCommand({ SecretId }));
    const { ResourcePolicy } = await secrets.send(new GetResourcePolicyCommand({ SecretId }));
    ofSecrets.set(SecretId, { ...description, ResourcePolicy });
  }

  const keys = new Map<string, unknown>();
  const { Keys = [] } = await kms.send(new ListKeysCommand({}));
  for (const { KeyId } of Keys)
    keys.set(KeyId ?? "", {
      key: (await kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata,
      policy: (await kms.send(new GetKeyPolicyCommand({ KeyId, PolicyName: "default" }))).Policy,
      tags: (await kms.send(new ListResourceTagsCommand({ KeyId }))).Tags,
    });
  const { Aliases } = await kms.send(new ListAliasesCommand({}));
  const { DBProxies } = await rds.send(new DescribeDBProxiesCommand({}));
  return { databases, secrets: ofSecrets, tags, keys, rest: { Aliases, DBProxies } };
}
