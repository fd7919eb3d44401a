import { createHash } from "node:crypto";
import type { Region } from "./state.ts";

/** The prefix of a service's ARNs in a Region: `arn:aws:kms:eu-west-1:111111111111:`. */
export function arnPrefix(region: Region, service: string): string {
  return `arn:${region.account.partition}:${service}:${region.name}:${region.account.id}:`;
}

/** The next serial number of its kind in this Region, from 0. */
export function nextSerial(region: Region, kind: string): number {
  const serial = region.serials.get(kind) ?? 0;
  region.serials.set(kind, serial + 1);
  return serial;
}

function digest(seed: string): Buffer {
  return createHash("sha256").update(seed).digest();
}

/** A UUID derived from a seed, so that golden files are stable. */
export function uuidFrom(seed: string): string {
  const hex = digest(seed).toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const base62 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

function letters(seed: string, alphabet: string, length: number): string {
  return Array.from(digest(seed).subarray(0, length), (byte) => alphabet[byte % alphabet.length]).join("");
}

/** The 26 characters after `db-`, `cluster-`, or `tdb-` in an RDS resource id, derived from a seed. */
export function resourceIdFrom(seed: string): string {
  return letters(seed, base32, 26);
}

/** The same for a new database. One with the name of a deleted one gets another resource id. */
export function newResourceId(region: Region, arn: string): string {
  const serial = nextSerial(region, `resource id of ${arn}`);
  return resourceIdFrom(serial === 0 ? arn : `${arn}#${serial}`);
}

/** The six random characters at the end of a secret's ARN. */
export function secretSuffixFrom(seed: string): string {
  return letters(seed, base62, 6);
}

/** An integer from 0 to `limit` - 1 derived from a seed. */
export function numberFrom(seed: string, limit: number): number {
  return digest(seed).readUInt32BE(0) % limit;
}
