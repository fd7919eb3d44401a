import type { ActionName } from "../lib/model/action.ts";
import type { RepairPort } from "../lib/remediate/repair.ts";

type Change = keyof RepairPort;

/** What was asked of AWS so far that changes something. */
export type ChangeLog = { readonly changes: readonly Change[] };

/**
 * The same port, with a witness of what it is asked to change: whatever happens, it can be said at once what state a database is in. Once
 * the signal is given nothing is changed any more.
 */
export function watchChanges<Port extends RepairPort>(
  port: Port,
  signal: AbortSignal,
): { readonly port: Port; readonly changeLog: ChangeLog } {
  const changes: Change[] = [];
  const note = (change: Change) => {
    signal.throwIfAborted();
    changes.push(change);
  };
  const watched: RepairPort = {
    turnOn: async (...args) => {
      note("turnOn");
      await port.turnOn(...args);
    },
    turnOff: async (...args) => {
      note("turnOff");
      await port.turnOff(...args);
    },
    rotate: async (...args) => {
      note("rotate");
      await port.rotate(...args);
    },
    scheduleRotation: async (...args) => {
      note("scheduleRotation");
      await port.scheduleRotation(...args);
    },
    tagSecret: async (...args) => {
      note("tagSecret");
      await port.tagSecret(...args);
    },
    putResourcePolicy: async (...args) => {
      note("putResourcePolicy");
      await port.putResourcePolicy(...args);
    },
    tagDatabase: async (...args) => {
      note("tagDatabase");
      await port.tagDatabase(...args);
    },
    untagDatabase: async (...args) => {
      note("untagDatabase");
      await port.untagDatabase(...args);
    },
  };
  return { port: { ...port, ...watched }, changeLog: { changes } };
}

/** What state a database is in by what AWS was last asked to change, in a sentence or two that follow its name and a colon. */
export function describeProgress({ changes }: ChangeLog, action: ActionName): string {
  const isToggle = action === "toggle" || action === "finish-interrupted" || changes.includes("turnOff");
  switch (changes.at(-1)) {
    case undefined:
      return action === "finish-interrupted"
        ? "nothing was changed this time. It still carries the tag of the toggle that was interrupted, and management may be off."
        : "nothing was changed.";
    case "tagDatabase":
      return "it carries the tag of a toggle, and RDS still manages its password with the old secret.";
    case "turnOff":
      return "RDS was asked to turn management off, with a password that nobody knows. It has to be turned on again.";
    case "turnOn":
      return isToggle
        ? "RDS was asked to turn management on again. Whether it is on was not seen yet, nor was restored what the old secret had."
        : "RDS was asked to turn management on. Whether it is on was not seen yet.";
    case "rotate":
      return "RDS was asked to rotate the secret, and does so. Whether that helped was not seen yet.";
    case "scheduleRotation":
      return isToggle
        ? "management is on again. Not all that the old secret had is restored."
        : "automatic rotation was turned on. That it is on was not seen yet.";
    case "tagSecret":
    case "putResourcePolicy":
      return "management is on again. Not all that the old secret had is restored.";
    case "untagDatabase":
      return "all is done, and the tag of the toggle is off again.";
  }
}
