import type { ActionName } from "../model/action.ts";
import type { ClassifiedDatabase, Database } from "../model/database.ts";
import type { Status } from "../model/finding.ts";
import type { GateResult, PlannedAction } from "../model/plan.ts";
import type { noDetails, RemediationEvent } from "../model/remediation-event.ts";
import type { SecretSnapshot } from "../model/remediation-state.ts";
import type { RuleContext } from "../model/rule.ts";
import type { RotationRules } from "../model/secret.ts";
import type { Workflow } from "./workflow.ts";

/** The AWS operations that change something, one method each. Throws an AwsCallError. */
export type RepairPort = {
  /** Turns management on, with a key or the default one. `applyImmediately` only affects other pending changes: AWS does this at once. */
  turnOn(database: Database, options: { keyReference: string | null; applyImmediately: boolean }): Promise<void>;
  /** Turns management off. RDS deletes the secret and sets the password. */
  turnOff(database: Database, password: string): Promise<void>;
  rotate(database: Database): Promise<void>;
  /** Turns automatic rotation on by these rules, without rotating now. */
  scheduleRotation(secretArn: string, rules: RotationRules): Promise<void>;
  tagSecret(secretArn: string, tags: Readonly<Record<string, string>>): Promise<void>;
  putResourcePolicy(secretArn: string, policy: string): Promise<void>;
  tagDatabase(arn: string, key: string, value: string): Promise<void>;
  untagDatabase(arn: string, key: string): Promise<void>;
};

/** The database at one instant, with everything that its gates depend on. */
export type Observation = {
  /** ISO 8601. */
  readonly at: string;
  readonly database: ClassifiedDatabase;
  readonly context: RuleContext;
  /** The action as planned now; null if its rule no longer requires it. */
  readonly planned: PlannedAction | null;
  /** What a rule, by its id, reports now. */
  readonly verdictOf: (rule: string) => Status;
};

/** What RDS returns for the resource ID of the database. */
export type Description = {
  /** ISO 8601. */
  readonly at: string;
  /** Null if the answer was complete and lacks the database. */
  readonly database: Database | null;
  /** Complete answers in a row that lack the database. */
  readonly missing: number;
  /** False if another execution has taken the database over. */
  readonly isHeld: boolean;
};

/** The part of a RemediationEvent that differs from step to step. */
export type RepairNotification = Pick<RemediationEvent, "type" | "message"> &
  Partial<Pick<RemediationEvent, keyof typeof noDetails>>;

/** One action on one database: everything that its procedure may use. */
export type Repair = {
  readonly execution: string;
  readonly action: ActionName;
  readonly rule: string;
  readonly workflow: Workflow;
  readonly aws: RepairPort;
  /** Reads the database and everything that its gates depend on. Throws an AwsCallError if it cannot be read or is gone. */
  observe(): Promise<Observation>;
  /** Reads the database alone, by its resource ID, and renews the lease. `last` is the read before it in the same poll. Throws an AwsCallError if that fails. */
  describe(last?: Pick<Description, "missing"> | null): Promise<Description>;
  /** Takes a slot in the budget. Returns false if another execution took the last one. */
  acquireSlot(): Promise<boolean>;
  /** What the repair state keeps of the database until an execution finishes the repair. */
  readonly record: {
    /** The snapshot of the old secret; null if there is none. */
    snapshot(): Promise<SecretSnapshot | null>;
    saveSnapshot(snapshot: SecretSnapshot): Promise<void>;
    /** Records that RDS is about to be asked to turn management off. Returns false if another execution has taken the database over. */
    requestOff(): Promise<boolean>;
    /** Records that management is about to be turned on for the first time, and that the ARN of the secret must be announced. */
    unannounced(): Promise<void>;
    forget(): Promise<void>;
  };
  /** Publishes to both topics. Throws if one of them fails. */
  notify(notification: RepairNotification): Promise<void>;
};

/** How a procedure ended. */
export type Outcome =
  /** Gates are closed; nothing was changed. */
  | { readonly end: "refused"; readonly gates: readonly GateResult[] }
  /** The rule passes. `remarks` says what is not as it was. */
  | { readonly end: "repaired"; readonly remarks: readonly string[] }
  /** The rule does not pass, or a change failed. `recovery` has commands to run by hand. */
  | {
      readonly end: "failed";
      readonly reason: string;
      readonly recovery: readonly string[];
      /** Whether RDS manages the password now; omitted if unknown. */
      readonly managed?: boolean;
    };

/** The steps of one action, top to bottom. */
export type Procedure = (repair: Repair) => Promise<Outcome>;
