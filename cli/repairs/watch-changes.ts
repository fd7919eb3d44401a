import type { ActionName } from "../../lib/model/action.ts";
import type { RepairPort } from "../../lib/remediate/repair.ts";

type ChangingCall = keyof RepairPort;

/** The changing calls made so far, oldest first. */
export type ChangeLog = { readonly changes: readonly ChangingCall[] };

/**
 * Wraps a port so that each changing call is logged before it is made: the state of the database can be described at any moment. Rejects every
 * changing call once the signal is aborted.
 */
export function watchChanges<Port extends RepairPort>(
  port: Port,
  signal: AbortSignal,
): { readonly port: Port; readonly changeLog: ChangeLog } {
  const changes: ChangingCall[] = [];
  const watch =
    <Args extends readonly unknown[]>(change: ChangingCall, call: (...args: Args) => Promise<void>) =>
    async (...args: Args): Promise<void> => {
      signal.throwIfAborted();
      changes.push(change);
      await call.apply(port, args as unknown as Args & []);
    };
  const watched: RepairPort = {
    turnOn: watch("turnOn", port.turnOn),
    turnOff: watch("turnOff", port.turnOff),
    rotate: watch("rotate", port.rotate),
    scheduleRotation: watch("scheduleRotation", port.scheduleRotation),
    tagSecret: watch("tagSecret", port.tagSecret),
    putResourcePolicy: watch("putResourcePolicy", port.putResourcePolicy),
    tagDatabase: watch("tagDatabase", port.tagDatabase),
    untagDatabase: watch("untagDatabase", port.untagDatabase),
  };
  return { port: { ...port, ...watched }, changeLog: { changes } };
}

/** Describes the state of a database by the last changing call, in one or two sentences that follow its name and a colon. */
export function describeProgress({ changes }: ChangeLog, action: ActionName): string {
  const isToggle = action === "toggle" || action === "finish-interrupted" || changes.includes("turnOff");
  const restoring = "management is on again. Not everything that the old secret had is restored.";
  switch (changes.at(-1)) {
    case undefined:
      return action === "finish-interrupted"
        ? "nothing was changed in this run. The tag of the interrupted toggle is still on it, and management may be off."
        : "nothing was changed.";
    case "tagDatabase":
      return "it has the toggle tag, and RDS still manages its password with the old secret.";
    case "turnOff":
      return "RDS was asked to turn management off, with a password that was not kept. Management must be turned on again.";
    case "turnOn":
      return isToggle
        ? "RDS was asked to turn management on again. Neither the result was verified nor the old secret's settings restored."
        : "RDS was asked to turn management on. The result was not verified yet.";
    case "rotate":
      return "RDS was asked to rotate the password and is doing so. The result was not verified yet.";
    case "scheduleRotation":
      return isToggle ? restoring : "automatic rotation was turned on. The result was not verified yet.";
    case "tagSecret":
    case "putResourcePolicy":
      return restoring;
    case "untagDatabase":
      return "everything is done, and the toggle tag is removed.";
  }
}
