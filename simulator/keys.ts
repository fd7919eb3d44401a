import { arnPrefix, nextSerial, uuidFrom } from "./identifiers.ts";
import type { SimulatedKey } from "./resources.ts";
import { SimulatedError } from "./simulated-error.ts";
import type { Region } from "./state.ts";

/** Creates a key. `fields` override the defaults. */
export function makeKey(region: Region, fields: Partial<SimulatedKey> = {}): SimulatedKey {
  const id = fields.KeyId ?? uuidFrom(`${arnPrefix(region, "kms")}${nextSerial(region, "key")}`);
  const state = fields.KeyState ?? "Enabled";
  const key: SimulatedKey = {
    AWSAccountId: region.account.id,
    KeyId: id,
    Arn: `${arnPrefix(region, "kms")}key/${id}`,
    CreationDate: region.account.cloud.now(),
    Enabled: state === "Enabled",
    Description: "",
    KeyUsage: "ENCRYPT_DECRYPT",
    KeyState: state,
    Origin: "AWS_KMS",
    KeyManager: "CUSTOMER",
    CustomerMasterKeySpec: "SYMMETRIC_DEFAULT",
    KeySpec: "SYMMETRIC_DEFAULT",
    EncryptionAlgorithms: ["SYMMETRIC_DEFAULT"],
    MultiRegion: false,
    ...fields,
  };
  region.keys.set(id, key);
  return key;
}

/** The policy of a key: its own, or the one that KMS gives a key without one. */
export function policyOf({ keyPolicies, account }: Region, { KeyId }: SimulatedKey): string {
  const root = `arn:${account.partition}:iam::${account.id}:root`;
  const Statement = [
    {
      Sid: "Enable IAM User Permissions",
      Effect: "Allow",
      Principal: { AWS: root },
      Action: "kms:*",
      Resource: "*",
    },
  ];
  return keyPolicies.get(KeyId) ?? JSON.stringify({ Version: "2012-10-17", Id: "key-default-1", Statement });
}

/** The AWS managed key of a service such as `secretsmanager`, created on first use. */
export function awsManagedKey(region: Region, service: string): SimulatedKey {
  const alias = `alias/aws/${service}`;
  const known = region.keys.get(region.aliases.get(alias) ?? "");
  if (known) return known;
  const key = makeKey(region, {
    KeyId: uuidFrom(`${arnPrefix(region, "kms")}${alias}`),
    KeyManager: "AWS",
    Description: `Default key that protects my ${service} data when no other key is defined`,
  });
  region.aliases.set(alias, key.KeyId);
  return key;
}

/** The Region that holds a key or alias, which can be of another account, and the resource part of the ARN. */
function homeOf(region: Region, arn: string): { home: Region | undefined; resource: string } {
  const [, , service, regionName, accountId, ...rest] = arn.split(":");
  const resource = rest.join(":");
  if (service !== "kms") throw new SimulatedError("InvalidArnException", `Invalid arn ${arn}`);
  if (regionName !== region.name) throw new SimulatedError("NotFoundException", `Invalid arn ${regionName}`);
  if (accountId === region.account.id) return { home: region, resource };
  return { home: region.account.cloud.accounts.get(accountId ?? "")?.regions.get(region.name), resource };
}

/**
 * Finds a key by key id, key ARN, alias name, or alias ARN. Naming an alias of an AWS managed key creates the key, as in AWS.
 * Returns undefined for a key in an account outside this cloud.
 * @throws SimulatedError `NotFoundException`, `InvalidArnException`
 */
export function findKey(region: Region, keyId: string): SimulatedKey | undefined {
  const { home, resource } = keyId.startsWith("arn:") ? homeOf(region, keyId) : { home: region, resource: keyId };
  if (!home) return undefined;
  if (resource.startsWith("alias/")) {
    const reserved = /^alias\/aws\/(secretsmanager|rds)$/.exec(resource)?.[1];
    if (reserved) return awsManagedKey(home, reserved);
    const key = home.keys.get(home.aliases.get(resource) ?? "");
    if (!key) throw new SimulatedError("NotFoundException", `Alias ${arnPrefix(home, "kms")}${resource} is not found.`);
    return key;
  }
  const id = resource.replace(/^key\//, "");
  const key = home.keys.get(id);
  if (key) return key;
  if (!/^(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.test(id))
    throw new SimulatedError("NotFoundException", `Invalid keyId ${id}`);
  throw new SimulatedError("NotFoundException", `Key '${arnPrefix(home, "kms")}key/${id}' does not exist`);
}

/** Finds a key; undefined if there is none. */
export function tryFindKey(region: Region, keyId: string): SimulatedKey | undefined {
  try {
    return findKey(region, keyId);
  } catch (error) {
    if (error instanceof SimulatedError) return undefined;
    throw error;
  }
}
