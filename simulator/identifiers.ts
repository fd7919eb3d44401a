import { createHash } from "node:crypto";

const digest = (seed: string): Buffer => createHash("sha256").update(seed).digest();

/** A UUID that is the same for the same seed, so that golden tests can name what the simulator makes. */
export const uuidFrom = (seed: string): string => {
  const hex = digest(seed).toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};

const base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const base62 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

const letters = (seed: string, alphabet: string, length: number): string =>
  Array.from(digest(seed).subarray(0, length), (byte) => alphabet[byte % alphabet.length]).join("");

/** The 26 letters after `db-`, `cluster-` or `tdb-` in an RDS resource id. */
export const resourceIdFrom = (seed: string): string => letters(seed, base32, 26);

/** The six letters that Secrets Manager adds to a name to make an ARN. */
export const secretSuffixFrom = (seed: string): string => letters(seed, base62, 6);

/** A number from 0 up to (not including) `limit` that is the same for the same seed: spreads a fleet over time without chance. */
export const spreadFrom = (seed: string, limit: number): number => digest(seed).readUInt32BE(0) % limit;
