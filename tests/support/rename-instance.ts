import type { DBInstance } from "../../simulator/resources.ts";
import type { Region } from "../../simulator/state.ts";

/**
 * Renames an instance, as RDS does: its ARN changes, its resource ID and its secret stay. That the secret's tag gets the new ARN is not
 * documented.
 */
export function renameInstance(region: Region, instance: DBInstance, identifier: string): void {
  const before = instance.DBInstanceArn;
  region.instances.delete(instance.DBInstanceIdentifier.toLowerCase());
  instance.DBInstanceIdentifier = identifier;
  instance.DBInstanceArn = before.replace(/[^:]+$/, identifier);
  region.instances.set(identifier.toLowerCase(), instance);
  if (region.failingRotations.delete(before)) region.failingRotations.add(instance.DBInstanceArn);
  for (const [arn, secret] of region.secrets)
    if (secret.owner === before) {
      const Tags = secret.Tags.map(({ Key, Value }) => ({
        Key,
        Value: Value === before ? instance.DBInstanceArn : Value,
      }));
      region.secrets.set(arn, { ...secret, owner: instance.DBInstanceArn, Tags });
    }
}
