import pLimit from "p-limit";
import type { Gap, Inventory } from "./model/inventory.ts";
import type { Policy } from "./model/policy.ts";
import type { Rule } from "./model/rule.ts";
import { AwsCallError } from "./model/errors.ts";
import { type RegionPort, readTarget } from "./read-target.ts";

/** One account's credentials: who they are, and a way into each Region. */
export type AccountPort = {
  /** How the user named the credentials, for messages and for gaps of an account that could not be entered. */
  readonly name: string;
  /** Throws an AccessError where nothing can be read at all. */
  identify(): Promise<{ account: string; partition: string }>;
  /** The Regions that are enabled for the account. */
  listRegions(): Promise<readonly string[]>;
  region(name: string, identity: { account: string; partition: string }): RegionPort;
};

/** How far the reading is: targets done, and how many there are in all. */
export type Progress = { readonly done: number; readonly total: number };

export type InventoryRequest = {
  readonly accounts: readonly AccountPort[];
  /** Names, or all Regions that each account has enabled. */
  readonly regions: readonly string[] | "all";
  readonly policy: Policy;
  readonly rules: readonly Rule[];
  /** ISO 8601: when the audit began. */
  readonly now: string;
  readonly onProgress?: (progress: Progress) => void;
};
