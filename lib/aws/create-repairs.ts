import {
  AddTagsToResourceCommand,
  ModifyDBClusterCommand,
  ModifyDBInstanceCommand,
  ModifyTenantDatabaseCommand,
  RemoveTagsFromResourceCommand,
} from "@aws-sdk/client-rds";
import { PutResourcePolicyCommand, RotateSecretCommand, TagResourceCommand } from "@aws-sdk/client-secrets-manager";
import type { Database } from "../model/database.ts";
import { AwsCallError } from "../model/errors.ts";
import type { RotationRules } from "../model/secret.ts";
import { call } from "./call.ts";
import type { RegionClients } from "./create-region.ts";

/** What a repair says of a master password; the three operations that change one agree in these. */
type PasswordChange =
  | { readonly ManageMasterUserPassword: true; readonly MasterUserSecretKmsKeyId?: string }
  | { readonly ManageMasterUserPassword: false; readonly MasterUserPassword: string }
  | { readonly RotateMasterUserPassword: true };

/**
 * All that this project changes of databases and secrets, each method one API operation. A call that fails throws an AwsCallError.
 *
 * The SDK makes a call again whose answer was lost, so that AWS may be asked twice, and may refuse the second time because it is at work
 * on the first. Neither does harm: on is on, off with the same password is off, a rotation more is one more. Whoever called looks.
 */
export function createRepairs({ rds, secrets }: Pick<RegionClients, "rds" | "secrets">) {
  /** A tenant database is changed at once; AWS takes no word on that. */
  async function modify(
    { kind, identifier }: Pick<Database, "kind" | "identifier">,
    change: PasswordChange,
    { ApplyImmediately }: { ApplyImmediately: boolean },
  ): Promise<void> {
    if (kind === "cluster") {
      const command = new ModifyDBClusterCommand({ DBClusterIdentifier: identifier, ApplyImmediately, ...change });
      await call("rds:ModifyDBCluster", rds.send(command));
    } else if (kind === "instance") {
      const command = new ModifyDBInstanceCommand({ DBInstanceIdentifier: identifier, ApplyImmediately, ...change });
      await call("rds:ModifyDBInstance", rds.send(command));
    } else {
      const [DBInstanceIdentifier, TenantDBName] = identifier.split("/");
      const command = new ModifyTenantDatabaseCommand({ DBInstanceIdentifier, TenantDBName, ...change });
      await call("rds:ModifyTenantDatabase", rds.send(command));
    }
  }

  return {
    turnOn(
      database: Pick<Database, "kind" | "identifier">,
      { keyReference, applyImmediately }: { keyReference: string | null; applyImmediately: boolean },
    ): Promise<void> {
      const key = keyReference === null ? {} : { MasterUserSecretKmsKeyId: keyReference };
      return modify(database, { ManageMasterUserPassword: true, ...key }, { ApplyImmediately: applyImmediately });
    },

    /** At once: a password that waited for the maintenance window would turn management off when nobody is there to turn it on. */
    async turnOff(database: Pick<Database, "kind" | "identifier">, password: string): Promise<void> {
      const change = { ManageMasterUserPassword: false, MasterUserPassword: password } as const;
      try {
        await modify(database, change, { ApplyImmediately: true });
      } catch (error) {
        throw withoutPassword(error, password);
      }
    },

    /** At once, as RDS demands. */
    rotate(database: Pick<Database, "kind" | "identifier">): Promise<void> {
      return modify(database, { RotateMasterUserPassword: true }, { ApplyImmediately: true });
    },

    async scheduleRotation(SecretId: string, rules: RotationRules): Promise<void> {
      const command = new RotateSecretCommand({
        SecretId,
        RotationRules: toRotationRules(rules),
        RotateImmediately: false,
      });
      await call("secretsmanager:RotateSecret", secrets.send(command));
    },

    async tagSecret(SecretId: string, tags: Readonly<Record<string, string>>): Promise<void> {
      const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
      await call("secretsmanager:TagResource", secrets.send(new TagResourceCommand({ SecretId, Tags })));
    },

    async putResourcePolicy(SecretId: string, ResourcePolicy: string): Promise<void> {
      const command = new PutResourcePolicyCommand({ SecretId, ResourcePolicy });
      await call("secretsmanager:PutResourcePolicy", secrets.send(command));
    },

    async tagDatabase(ResourceName: string, Key: string, Value: string): Promise<void> {
      const command = new AddTagsToResourceCommand({ ResourceName, Tags: [{ Key, Value }] });
      await call("rds:AddTagsToResource", rds.send(command));
    },

    async untagDatabase(ResourceName: string, key: string): Promise<void> {
      const command = new RemoveTagsFromResourceCommand({ ResourceName, TagKeys: [key] });
      await call("rds:RemoveTagsFromResource", rds.send(command));
    },
  };
}

/** The same failure, should whoever answered have said the password again, as it was given or as it went over the wire. */
function withoutPassword(error: unknown, password: string): AwsCallError {
  const { action, code, message } = error as AwsCallError;
  const said = [encodeURIComponent(password), password];
  return new AwsCallError(
    action,
    code,
    said.reduce((text, secret) => text.replaceAll(secret, "the password"), message),
  );
}

/**
 * What is not set is not said. Secrets Manager tells of a schedule by an expression how many days that comes to, and does not take both.
 * Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotationRulesType.html
 */
function toRotationRules({ automaticallyAfterDays, scheduleExpression, duration }: RotationRules) {
  return {
    ...(scheduleExpression !== null
      ? { ScheduleExpression: scheduleExpression }
      : automaticallyAfterDays !== null
        ? { AutomaticallyAfterDays: automaticallyAfterDays }
        : {}),
    ...(duration === null ? {} : { Duration: duration }),
  };
}
