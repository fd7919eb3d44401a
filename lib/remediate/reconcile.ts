import { turnOnCommand } from "../model/aws-cli.ts";
import { type Database, isSettled } from "../model/database.ts";
import { type AwsCallError, toCallError } from "../model/errors.ts";
import type { SecretSnapshot } from "../model/remediation-state.ts";
import { addMinutes } from "../model/time.ts";
import { isOldSecret } from "../model/toggle-marker.ts";
import type { Description, Outcome, Repair } from "./repair.ts";
import { isGone } from "./verify.ts";

/** A toggle that has started: its tag is on the database. */
export type ToggleInProgress = {
  /** Why management may still be on with the old secret. */
  readonly refusal: string;
  /** The rule that required the toggle. */
  readonly rule: string;
  readonly database: Database;
  /** The value of the toggle tag. */
  readonly toggleTag: string;
  readonly keyReference: string | null;
  /** Null if unknown: an interrupted toggle without a snapshot whose management is off. */
  readonly oldSecretArn: string | null;
  /** Tells the old secret from the new one. Null if unknown: neither tag, snapshot nor RDS names the old secret. */
  readonly oldSecretSuffix: string | null;
  /** Null if there is none; then nothing of the old secret can be restored. */
  readonly secretSnapshot: SecretSnapshot | null;
};

/** A new secret. `status` is null if it could not be read. */
export type NewSecret = Record<"keyReference" | "status", string | null> & { readonly secretArn: string };

/** `still on`: the old secret is in use, because management was not turned off. */
type Reconciled =
  | ({ readonly state: "on" } & NewSecret)
  | { readonly state: "still on" }
  | { readonly state: "unfinished"; readonly outcome: Outcome };

/** Nothing else turns management on, and the cause of a refusal may be fixed meanwhile. */
const timeoutMinutes = 2 * 24 * 60;
/** A request to turn management off may take a while to show, and without the tag it would be lost. */
const stillOnMinutes = 30;
/** RDS fills a new secret within a minute or two. */
const fillingMinutes = 60;
/** A key policy takes minutes to have its effect. Any key is better than none only after that. */
const refusedMinutes = 10;
/** When people are first told that management is off, and how often afterwards. */
const noticeMinutes = { first: 15, next: 60 };

/** What was seen last. `database` is as last returned. Instants are ISO 8601, or null if it is not so. */
type Seen = Description & {
  /** Null before the database is first seen. */
  readonly state: "off" | "old" | "new" | "gone" | "taken over" | null;
  /** Since when the state is what it is; for the old secret, since when nothing is in progress. */
  readonly since: string | null;
  /** Since when RDS has refused the required key. */
  readonly refusedSince: string | null;
  /** When people are told again. */
  readonly noticeAt: string | null;
  readonly why: string;
  readonly isDone: boolean;
};

type SeenOff = Seen & { readonly database: Database };

const unseen = { state: null, since: null, refusedSince: null, noticeAt: null, database: null } as const;

/**
 * Observes, and does what is missing, until management is on with a new secret: if it is off, asks RDS to turn it on; if RDS still names the
 * old secret, waits; if it names a new one, waits until that is active. Starts from any state, and may be started again at any time.
 */
export async function reconcile(repair: Repair, toggle: ToggleInProgress): Promise<Reconciled> {
  const next = (last: Seen | null) => reconcileOnce(repair, toggle, last);
  const options = { until: ({ isDone }: Seen) => isDone, timeoutMinutes };
  const { value, error } = await repair.workflow.poll("turn management on", next, options);
  const unfinished = async (end: Unfinished, why: string) => {
    const present = { ...toggle, database: value?.database ?? toggle.database };
    return { state: "unfinished", outcome: await endUnfinished(repair, present, end, why) } as const;
  };
  if (value === null) return unfinished("unknown", error ?? "");
  const { state, missing, database } = value;
  const { secretArn = null, kmsKeyId: keyReference = null, status = null } = database?.masterUserSecret ?? {};
  if (state === "old") return { state: "still on" };
  if (state === "new" && secretArn !== null)
    return { state: "on", secretArn, keyReference, status: error === null ? status : null };
  if (state === "gone" || state === "taken over") return unfinished(state, value.why);
  if (error !== null) return unfinished("unknown", `${value.why}; later reads failed: ${error}`);
  return unfinished(missing === 0 ? "off" : "unknown", value.why);
}

async function reconcileOnce(repair: Repair, toggle: ToggleInProgress, last: Seen | null): Promise<Seen> {
  const description = await repair.describe(last);
  const { at, isHeld } = description;
  const before = last ?? unseen;
  const database = description.database ?? before.database;
  if (description.database === null || database === null || !isHeld) {
    const end = !isHeld ? "taken over" : isGone(description) ? "gone" : null;
    const seen = { ...before, ...description, database, why: "RDS does not return the database" };
    return { ...seen, state: end ?? before.state, isDone: end !== null };
  }
  const { secretArn = null, status = null } = database.masterUserSecret ?? {};
  const state = secretArn === null ? "off" : isOldSecret(secretArn, toggle.oldSecretSuffix) ? "old" : "new";
  const isAtRest = state !== "old" || isSettled(database);
  const since = !isAtRest ? null : before.state === state ? (before.since ?? at) : at;
  const isFor = (minutes: number) => since !== null && at >= addMinutes(since, minutes);
  const seen = { ...before, ...description, database, state, since, why: "", isDone: false } as const;
  if (state === "new") return { ...seen, noticeAt: null, isDone: status === "active" || isFor(fillingMinutes) };
  // Without a snapshot it is unknown whether RDS was asked.
  const isUnasked = async () => (await repair.record.snapshot())?.offRequestedAt === null;
  if (state === "old") return { ...seen, isDone: isFor(stillOnMinutes) || (isAtRest && (await isUnasked())) };
  const asked = { ...seen, ...(await askOn(repair, toggle, seen)) };
  return { ...asked, noticeAt: await giveNotice(repair, toggle, asked) };
}

/** Requests management. Uses the key of the old secret, and then the default key, only after RDS has refused the required key for a while. */
async function askOn({ aws }: Repair, toggle: ToggleInProgress, { at, database, refusedSince }: SeenOff) {
  const { keyReference: required, secretSnapshot } = toggle;
  const isRefused = refusedSince !== null && at >= addMinutes(refusedSince, refusedMinutes);
  const keys = isRefused ? [required, secretSnapshot?.keyReference ?? null, null] : [required];
  // ApplyImmediately applies everything that is pending, and only the password is ours to apply.
  const applyImmediately = database.pendingChanges.every((name) => name === "MasterUserPassword");
  const refusals: string[] = [];
  for (const keyReference of new Set(keys)) {
    const refusal = await aws.turnOn(database, { keyReference, applyImmediately }).catch(toCallError);
    if (refusal === undefined)
      return { refusedSince: null, why: "RDS accepted the request but does not show a secret yet" };
    refusals.push(`${keyReference ?? "the default key"}: ${refusal.code}: ${refusal.message}`);
    if (!isAboutKey(refusal)) return { refusedSince, why: refusals.join("; ") };
  }
  return { refusedSince: refusedSince ?? at, why: refusals.join("; ") };
}

/** True if another key may work: RDS refuses this one, or the caller may not use it. A transient failure says nothing about the key. */
function isAboutKey({ code, message, isTransient }: AwsCallError): boolean {
  return !isTransient && (code.startsWith("KMS") || /kms/i.test(message));
}

/**
 * Tells people that management is off, after a while and then every hour. Returns when to tell them again; a message that fails is sent again
 * after the next pause.
 */
async function giveNotice(repair: Repair, toggle: ToggleInProgress, seen: SeenOff): Promise<string> {
  const { at, since, noticeAt, why, database } = seen;
  const dueAt = noticeAt ?? addMinutes(since ?? at, noticeMinutes.first);
  if (at < dueAt) return dueAt;
  // The request may have had its effect already.
  if ((await repair.describe()).database?.masterUserSecret != null) return dueAt;
  const message = `Management has been off since ${since}, and the master password is unknown. The repair goes on. ${why}.`;
  const recovery = [turnOnCommand(database, toggle.keyReference)];
  const sent = repair.notify({ type: "remediation.delayed", message, recovery, managed: false });
  return sent.then(
    () => addMinutes(at, noticeMinutes.next),
    () => dueAt,
  );
}

/** `unknown`: the last reads failed. */
type Unfinished = "off" | "unknown" | "gone" | "taken over";

/** Steps 4 and 5 without an end: the database is gone, another execution goes on, or two days have passed. */
export async function endUnfinished(
  { workflow, record }: Repair,
  { database, keyReference }: ToggleInProgress,
  end: Unfinished,
  why: string,
): Promise<Outcome> {
  if (end === "gone") await workflow.step("delete the secret snapshot", record.forget).catch(() => {});
  const reasons = {
    gone: "the database is gone",
    "taken over": "another execution has taken over and finishes it",
    off: `management is off, the master password is unknown, and RDS does not turn management on: ${why}`,
    unknown: `management was turned off, and whether RDS turned it on again is unknown: ${why}`,
  };
  // A command for people must not name a database that has the old name by now.
  const recovery = end === "gone" ? [] : [turnOnCommand(database, keyReference)];
  return { end: "failed", reason: reasons[end], recovery, ...(end === "off" && { managed: false }) };
}
