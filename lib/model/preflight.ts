import type { ActionName } from "./action.ts";

/** `lack`: AWS denies it. `unknown`: it cannot be told, with the reason. */
export type PermissionStatus = "have" | "lack" | "unknown";

/** How the status was found: a real call that reads, a dry run, or the simulation of IAM policies. */
export type PermissionTest = "call" | "dry-run" | "simulation";

/** Why an audit or a repair needs an action: the rules that read or confirm with it, and the repairs that cannot run without it. */
export type PermissionNeed = {
  readonly action: string;
  readonly rules: readonly string[];
  readonly confirms: readonly string[];
  readonly repairs: readonly ActionName[];
  /** True if RDS makes the call with the caller's permissions. */
  readonly isCalledByRds: boolean;
};

/** The kind of policy that denies an action, in AWS's words, as in `service control policy`; `isExplicit` if it has a Deny for it. */
export type DenyingPolicy = { readonly kind: string; readonly isExplicit: boolean };

/** One IAM action, tried in one account and Region. */
export type PermissionResult = PermissionNeed & {
  readonly account: string;
  /** `*` for an action that is the same in every Region. */
  readonly region: string;
  readonly status: PermissionStatus;
  readonly test: PermissionTest | null;
  /** Why it is denied or cannot be told; null if the caller has it. */
  readonly reason: string | null;
  readonly deniedBy: DenyingPolicy | null;
};

/** One thing that a deployment needs in an account and Region. */
export type Prerequisite = {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  /** True if a deployment with the default parameters does without it. */
  readonly isOptional: boolean;
  readonly status: PermissionStatus;
  /** What was seen. */
  readonly detail: string;
  /** What to do; null if it is there. */
  readonly remedy: string | null;
};

/** A statement of an IAM policy. */
export type AllowStatement = {
  readonly Sid: string;
  readonly Effect: "Allow";
  readonly Action: readonly string[];
  readonly Resource: string;
};

/** The result of a preflight, for one run over some accounts and Regions. */
export type Preflight = {
  readonly schemaVersion: "1.0";
  readonly checkedAt: string;
  /** The callers, as returned by AWS STS. */
  readonly callers: readonly string[];
  readonly permissions: readonly PermissionResult[];
  /** Null unless they were asked for. */
  readonly prerequisites: readonly Prerequisite[] | null;
  /** Accounts that could not be opened, and why. */
  readonly unopened: readonly { readonly name: string; readonly reason: string }[];
  /** The IAM policy to add; null if nothing is missing that an Allow would give. */
  readonly policyToAdd: { readonly Version: "2012-10-17"; readonly Statement: readonly AllowStatement[] } | null;
};

/** Actions to simulate on one resource. */
export type SimulationRequest = {
  /** The ARN of an IAM user or role. */
  readonly principalArn: string;
  readonly actions: readonly string[];
  readonly resourceArn: string;
  /** Values of condition keys. */
  readonly context: Readonly<Record<string, string | boolean>>;
};
