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

type ModifiedDatabase = Pick<Database, "kind" | "identifier">;

/**
 * Every change that this project makes to databases and secrets; each method is one API operation. A failed call throws an AwsCallError.
 *
 * If an answer is lost, the SDK repeats the call, and AWS may refuse the second while it works on the first. Neither does harm: turning on
 * or off twice has one effect, and one more rotation is only a rotation. The caller observes the result.
 */
export function createRepairs({ rds, secrets }: Pick<RegionClients, "rds" | "secrets">) {
  /** ModifyTenantDatabase has no `ApplyImmediately`: it always applies at once. */
  function modify(
    { kind, identifier }: ModifiedDatabase,
    change: PasswordChange,
    ApplyImmediately: boolean,
  ): Promise<void> {
    if (kind === "cluster") {
      const command = new ModifyDBClusterCommand({ DBClusterIdentifier: identifier, ApplyImmediately, ...change });
      return done("rds:ModifyDBCluster", rds.send(command));
    }
    if (kind === "instance") {
      const command = new ModifyDBInstanceCommand({ DBInstanceIdentifier: identifier, ApplyImmediately, ...change });
      return done("rds:ModifyDBInstance", rds.send(command));
    }
    const [DBInstanceIdentifier, TenantDBName] = identifier.split("/");
    const command = new ModifyTenantDatabaseCommand({ DBInstanceIdentifier, TenantDBName, ...change });
    return done("rds:ModifyTenantDatabase", rds.send(command));
  }

  return {
    turnOn(
      database: ModifiedDatabase,
      { keyReference, applyImmediately }: { keyReference: string | null; applyImmediately: boolean },
    ): Promise<void> {
      const key = keyReference === null ? {} : { MasterUserSecretKmsKeyId: keyReference };
      return modify(database, { ManageMasterUserPassword: true, ...key }, applyImmediately);
    },
    /** Applies at once: in the maintenance window, management would go off after the execution that turns it on again has ended. */
    turnOff: (database: ModifiedDatabase, password: string): Promise<void> =>
      modify(database, { ManageMasterUserPassword: false, MasterUserPassword: password }, true).catch((error) => {
        throw withoutPassword(error, password);
      }),
    /** Applies at once, as RDS requires. */
    rotate: (database: ModifiedDatabase): Promise<void> => modify(database, { RotateMasterUserPassword: true }, true),
    scheduleRotation(SecretId: string, rules: RotationRules): Promise<void> {
      const RotationRules = toRotationRules(rules);
      const command = new RotateSecretCommand({ SecretId, RotationRules, RotateImmediately: false });
      return done("secretsmanager:RotateSecret", secrets.send(command));
    },
    tagSecret(SecretId: string, tags: Readonly<Record<string, string>>): Promise<void> {
      const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
      return done("secretsmanager:TagResource", secrets.send(new TagResourceCommand({ SecretId, Tags })));
    },
    /** Secrets Manager refuses a policy that grants broad access. The deployed role can send no other request. */
    putResourcePolicy(SecretId: string, ResourcePolicy: string): Promise<void> {
      const command = new PutResourcePolicyCommand({ SecretId, ResourcePolicy, BlockPublicPolicy: true });
      return done("secretsmanager:PutResourcePolicy", secrets.send(command));
    },
    tagDatabase(ResourceName: string, Key: string, Value: string): Promise<void> {
      const command = new AddTagsToResourceCommand({ ResourceName, Tags: [{ Key, Value }] });
      return done("rds:AddTagsToResource", rds.send(command));
    },
    untagDatabase(ResourceName: string, key: string): Promise<void> {
      const command = new RemoveTagsFromResourceCommand({ ResourceName, TagKeys: [key] });
      return done("rds:RemoveTagsFromResource", rds.send(command));
    },
  };
}

/** Waits for a call whose answer is not needed. */
async function done(action: string, answer: Promise<unknown>): Promise<void> {
  await call(action, answer);
}

/** The same failure without the password, which the answer may repeat as it is or URL-encoded. */
function withoutPassword(failure: AwsCallError, password: string): AwsCallError {
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
    ...(scheduleExpression !== null && { ScheduleExpression: scheduleExpression }),
    ...(scheduleExpression === null &&
      automaticallyAfterDays !== null && { AutomaticallyAfterDays: automaticallyAfterDays }),
    ...(duration !== null && { Duration: duration }),
  };
}
