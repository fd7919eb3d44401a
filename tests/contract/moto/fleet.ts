import { password } from "../scenarios-of-databases.ts";
import type { AwsShell } from "./programs.ts";

type Key = { KeyMetadata: { KeyId: string; Arn: string } };
type Instance = { DBInstance: { MasterUserSecret?: { SecretArn: string } } };

/** The keys of the fleet that the policy names. */
export type Fleet = { readonly paymentsKeyArn: string };

/**
 * Fills an account with the AWS CLI: one database for each compliant or noncompliant state of a master password
 * that both emulators support. `settle` completes asynchronous changes.
 */
export async function fillWithAwsCli({ aws }: AwsShell, settle: () => void): Promise<Fleet> {
  const key = async (alias?: string) => {
    const { KeyMetadata } = await aws<Key>("kms", "create-key");
    if (alias !== undefined)
      await aws("kms", "create-alias", "--alias-name", alias, "--target-key-id", KeyMetadata.KeyId);
    return KeyMetadata;
  };
  const managed = (kmsKey?: string) => [
    "--manage-master-user-password",
    ...(kmsKey === undefined ? [] : ["--master-user-secret-kms-key-id", kmsKey]),
  ];
  const unmanaged = ["--master-user-password", password];
  const instance = async (name: string, engine: string, ...more: readonly string[]) => {
    const place = ["--db-instance-class", "db.m6g.large", "--allocated-storage", "20"];
    const answer = await aws<Instance>(
      ...["rds", "create-db-instance", "--db-instance-identifier", name, "--engine", engine],
      ...[...place, "--master-username", "master", ...more],
    );
    settle();
    return answer.DBInstance.MasterUserSecret?.SecretArn ?? "none";
  };
  const cluster = async (name: string, engine: string, members: number, ...more: readonly string[]) => {
    await aws(
      ...["rds", "create-db-cluster", "--db-cluster-identifier", name, "--engine", engine],
      ...["--master-username", "master", ...more],
    );
    settle();
    for (let number = 1; number <= members; number += 1)
      await aws(
        ...["rds", "create-db-instance", "--db-instance-identifier", `${name}-${number}`],
        ...["--db-cluster-identifier", name, "--engine", engine, "--db-instance-class", "db.r6gd.large"],
      );
    settle();
  };
  const replica = async (name: string, source: string) => {
    await aws(
      ...["rds", "create-db-instance-read-replica", "--db-instance-identifier", name],
      ...["--source-db-instance-identifier", source],
    );
    settle();
  };
  const multiAz = [
    ...["--db-cluster-instance-class", "db.r6gd.large", "--allocated-storage", "100"],
    ...["--storage-type", "io1", "--iops", "1000"],
  ];

  const payments = await key("alias/payments");
  const other = await key("alias/other");
  const frozen = await key();
  const doomed = await key();

  // Compliant databases, with the default key and with customer managed keys in each notation.
  await instance("orders", "postgres", ...managed());
  await instance("payments-by-alias", "mysql", ...managed("alias/payments"));
  await instance("payments-by-arn", "sqlserver-se", ...managed(payments.Arn));
  await instance("payments-by-id", "oracle-ee", ...managed(payments.KeyId));
  await instance("payments-by-other", "postgres", ...managed("alias/other"));
  await instance("payments-by-default", "postgres", ...managed());

  // Databases that are unmanaged, inherited, or unsupported.
  await instance("legacy", "postgres", ...unmanaged, "--tags", "Key=team,Value=shop", "Key=note,Value=a + b: c@d");
  await replica("legacy-replica", "legacy");
  await instance("reports", "sqlserver-ee", ...unmanaged);
  await replica("reports-replica", "reports");
  await cluster("shop", "aurora-postgresql", 2, ...managed("alias/payments"));
  await cluster("archive", "aurora-mysql", 1, ...unmanaged);
  await cluster("metro", "mysql", 2, ...multiAz, ...managed("alias/payments"));
  await cluster("plaza", "postgres", 1, ...multiAz, ...unmanaged);
  await cluster("sleeper", "aurora-mysql", 0, ...unmanaged, "--engine-mode", "serverless");
  await cluster("relations", "neptune", 1, ...unmanaged);

  // Databases that are changed later.
  await instance("late", "mariadb", "--engine-version", "11.4.5", ...unmanaged);
  await aws(
    ...["rds", "modify-db-instance", "--db-instance-identifier", "late", "--apply-immediately"],
    ...managed("alias/payments"),
  );
  await instance("freed", "mysql", ...managed());
  await aws(
    "rds",
    "modify-db-instance",
    "--db-instance-identifier",
    "freed",
    "--no-manage-master-user-password",
    ...unmanaged,
  );
  await instance("rotated", "mysql", ...managed());
  settle();
  await aws(
    ...["rds", "modify-db-instance", "--db-instance-identifier", "rotated"],
    ...["--rotate-master-user-password", "--apply-immediately"],
  );

  // Managed databases with violations.
  await instance("frozen", "mysql", ...managed(frozen.Arn));
  await aws("kms", "disable-key", "--key-id", frozen.KeyId);
  await instance("doomed", "postgres", ...managed(doomed.Arn));
  await aws("kms", "schedule-key-deletion", "--key-id", doomed.KeyId, "--pending-window-in-days", "7");
  const rekeyed = await instance("rekeyed", "postgres", ...managed());
  await aws("secretsmanager", "update-secret", "--secret-id", rekeyed, "--kms-key-id", other.Arn);
  const condemned = await instance("condemned", "postgres", ...managed());
  await aws("secretsmanager", "delete-secret", "--secret-id", condemned, "--recovery-window-in-days", "7");

  // Databases with tags that the policy reads.
  const tag = (name: string, value: string) => `Key=rds-password-audit:${name},Value=${value}`;
  await instance(
    ...(["excused", "postgres", ...unmanaged, "--tags", tag("exempt-owner", "shop")] as const),
    ...[tag("exempt-reason", "moves in spring"), tag("exempt-until", "2999-12-31")],
  );
  await instance("halfway", "postgres", ...unmanaged, "--tags", tag("toggle", "2026-11-01T00:00:00Z"));
  settle();
  return { paymentsKeyArn: payments.Arn };
}
