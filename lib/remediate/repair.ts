import type { ActionName } from "../model/action.ts";
import type { ClassifiedDatabase, Database } from "../model/database.ts";
import type { Status } from "../model/finding.ts";
import type { GateResult, PlannedAction } from "../model/plan.ts";
import type { RemediationEvent } from "../model/remediation-event.ts";
import type { SecretSnapshot } from "../model/remediation-state.ts";
import type { RuleContext } from "../model/rule.ts";
import type { RotationRules } from "../model/secret.ts";
import type { Workflow } from "./workflow.ts";

/** What a repair changes in AWS: each method is one API operation. A call that fails throws an AwsCallError. */
export type RepairPort = {
  /**
   * Turns management on, with a key or the default one. `applyImmediately` is for what else is pending: AWS does this at once in any case.
   */
  turnOn(database: Database, options: { keyReference: string | null; applyImmediately: boolean }): Promise<void>;
  /** Turns management off; RDS deletes the secret and sets the password. */
  turnOff(database: Database, password: string): Promise<void>;
  rotate(database: Database): Promise<void>;
  /** Turns automatic rotation on by these rules, without rotating now. */
  scheduleRotation(secretArn: string, rules: RotationRules): Promise<void>;
  tagSecret(secretArn: string, tags: Readonly<Record<string, string>>): Promise<void>;
  putResourcePolicy(secretArn: string, policy: string): Promise<void>;
  tagDatabase(arn: string, key: string, value: string): Promise<void>;
  untagDatabase(arn: string, key: string): Promise<void>;
};

/** The database at one instant, with all that was read around it. */
export type Observation = {
  readonly at: string;
  readonly database: ClassifiedDatabase;
  readonly context: RuleContext;
  /** The action as it would be planned now; null where its rule does not ask for it any more. */
  readonly planned: PlannedAction | null;
  /** What the rule that asked says now. */
  readonly verdict: Status;
};

/** The database alone, as it is now; null where it is gone. */
export type Description = { readonly database: Database | null };

/** What is told of a repair beside what is known of it anyway. */
export type News = Pick<RemediationEvent, "type" | "message"> &
  Partial<
    Pick<RemediationEvent, "secret" | "keyReference" | "recovery" | "approvalId" | "until" | "gates" | "managed">
  >;

/** One repair of one database: what it is, what it runs on, and what it may use. */
export type Repair = {
  readonly execution: string;
  readonly action: ActionName;
  readonly rule: string;
  readonly workflow: Workflow;
  readonly aws: RepairPort;
  /** Reads the database and all that its gates depend on. Throws an AwsCallError where the database cannot be read, or is gone. */
  observe(): Promise<Observation>;
  /** Reads the database alone. Throws an AwsCallError where it cannot be read. */
  describe(): Promise<Description>;
  /** Takes a place in the budget, or keeps it; false where somebody else was faster. */
  acquire(): Promise<boolean>;
  readonly secretSnapshot: {
    read(): Promise<SecretSnapshot | null>;
    write(secretSnapshot: SecretSnapshot): Promise<void>;
    forget(): Promise<void>;
  };
  /** Tells machines and people. Throws where not both could be told. */
  notify(news: News): Promise<void>;
};

/** How a procedure ended. */
export type Outcome =
  /** Gates are closed, and nothing was changed. */
  | { readonly end: "refused"; readonly gates: readonly GateResult[] }
  /** The rule that asked passes. `remarks` says what is not quite as it was. */
  | { readonly end: "repaired"; readonly remarks: readonly string[] }
  /** The rule does not pass, or something could not be done; `recovery` is what a person can do. */
  | {
      readonly end: "failed";
      readonly reason: string;
      readonly recovery: readonly string[];
      /** Whether RDS manages the password now; left out where that was not seen. */
      readonly managed?: boolean;
    };

/** The steps of one action, top to bottom. */
export type Procedure = (repair: Repair) => Promise<Outcome>;
