import {
  AddTagsToResourceCommand,
  ModifyDBClusterCommand,
  ModifyDBInstanceCommand,
  ModifyTenantDatabaseCommand,
  RemoveTagsFromResourceCommand,
} from "@aws-sdk/client-rds";
import { PutResourcePolicyCommand, RotateSecretCommand, TagResourceCommand } from "@aws-sdk/client-secrets-manager";
import type { Database } from "../model/database.ts";
import type { AwsCallError } from "../model/errors.ts";
import type { RotationRules } from "../model/secret.ts";
import { call } from "./call.ts";
import type { RegionClients } from "./create-region.ts";

/** The parameters of a repair that ModifyDBInstance, ModifyDBCluster and ModifyTenantDatabase share. */
type PasswordChange =
  | { readonly ManageMasterUserPassword: true; readonly MasterUserSecretKmsKeyId?: string }
  | { readonly ManageMasterUserPassword: false; readonly MasterUserPassword: string }
  | { readonly RotateMasterUserPassword: true };

/**
 * Every change that this project makes to databases and secrets; each method is one API operation. A failed call throws an AwsCallError.
 *
 * If an answer is lost, the SDK repeats the call, and AWS may refuse the second while it works on the first. Neither does harm: turning on
 * or off twice has one effect, and one more rotation is only a rotation. The caller observes the result.
 */
export function createRepairs({ rds, secrets }: Pick<RegionClients, "rds" | "secrets">) {
  /** ModifyTenantDatabase has no `ApplyImmediately`: it always applies at once. */
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

    /** Applies at once: in the maintenance window, management would go off after the execution that turns it on again has ended. */
    async turnOff(database: Pick<Database, "kind" | "identifier">, password: string): Promise<void> {
      const change = { ManageMasterUserPassword: false, MasterUserPassword: password } as const;
      try {
        await modify(database, change, { ApplyImmediately: true });
      } catch (error) {
        throw withoutPassword(error, password);
      }
    },

    /** Applies at once, as RDS requires. */
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

/** The same failure without the password, which the answer may repeat as it is or URL-encoded. */
function withoutPassword(error: unknown, password: string): AwsCallError {
  const failure = error as AwsCallError;
  const spellings = [encodeURIComponent(password), password];
  return failure.withMessage(
    spellings.reduce((text, secret) => text.replaceAll(secret, "the password"), failure.message),
  );
}

/**
 * Leaves out what is not set. Secrets Manager returns the number of days in addition to a schedule expression, but accepts only one of them.
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
