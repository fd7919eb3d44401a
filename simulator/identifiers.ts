import { createHash } from "node:crypto";
import type { Region } from "./state.ts";

/** The first part of every ARN of one service in a Region: `arn:aws:kms:eu-west-1:111111111111:`. */
export function arnPrefix(region: Region, service: string): string {
  return `arn:${region.account.partition}:${service}:${region.name}:${region.account.id}:`;
}

/** The next number of its kind in this Region, from 0. */
export function nextSerial(region: Region, kind: string): number {
  const serial = region.serials.get(kind) ?? 0;
  region.serials.set(kind, serial + 1);
  return serial;
}

function digest(seed: string): Buffer {
  return createHash("sha256").update(seed).digest();
}

/** A UUID that is the same for the same seed, so that golden tests can name what the simulator makes. */
export function uuidFrom(seed: string): string {
  const hex = digest(seed).toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const base62 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

function letters(seed: string, alphabet: string, length: number): string {
  return Array.from(digest(seed).subarray(0, length), (byte) => alphabet[byte % alphabet.length]).join("");
}

/** The 26 letters after `db-`, `cluster-` or `tdb-` in an RDS resource id. */
export function resourceIdFrom(seed: string): string {
  return letters(seed, base32, 26);
}

/** The six letters that Secrets Manager adds to a name to make an ARN. */
export function secretSuffixFrom(seed: string): string {
  return letters(seed, base62, 6);
}

/** A number from 0 up to (not including) `limit` that is the same for the same seed: spreads a fleet over time without chance. */
export function spreadFrom(seed: string, limit: number): number {
  return digest(seed).readUInt32BE(0) % limit;
}
