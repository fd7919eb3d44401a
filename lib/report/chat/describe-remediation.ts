import { impacts } from "../../model/action.ts";
import { quote, showSecretCommand, turnOnCommand } from "../../model/aws-cli.ts";
import { describeDatabase, toggleTagKey } from "../../model/database.ts";
import { gatesByName } from "../../model/gates.ts";
import type { RemediationEvent } from "../../model/remediation-event.ts";
import { count } from "../text/count.ts";
import { describeScope } from "../text/scopes.ts";
import { limits } from "./alert-message.ts";
import { formatCommands } from "./format-commands.ts";
import { toSlackCode, toSlackText } from "./slack-text.ts";

/** The parts of an alert. `title` and `state` are plain text, the others Slack markup. `isUrgent` is true if someone must act. */
export type RemediationText = {
  readonly icon: string;
  readonly title: string;
  /** The title in a few words, for the top of the thread. */
  readonly state: string;
  readonly isUrgent: boolean;
  readonly blocks: readonly string[];
  readonly nextSteps: readonly string[];
};

/** Maximum number of closed gates shown. Few actions have as many. */
const shownGates = 8;

/** Describes an event of a repair for people. What to do comes first. */
export function describeRemediation(event: RemediationEvent): RemediationText {
  switch (event.type) {
    case "remediation.approval-requested":
      return describeApproval(event);
    case "remediation.started":
      return describeStart(event);
    case "secret.replaced":
      return describeReplacement(event);
    case "remediation.succeeded":
      return describeSuccess(event);
    case "remediation.refused":
      return describeRefusal(event);
    case "remediation.failed":
      return event.managed === false ? describeLeftOff(event) : describeFailure(event);
  }
}

function describeApproval(event: RemediationEvent): RemediationText {
  const { action, approvalId, until } = event;
  const answer = (verb: string) => toCodeBlock(`rds-password-audit ${verb} ${quote(approvalId ?? "")}`);
  const [yes, no] = [answer("approve"), answer("reject")];
  const isShown = approvalId !== null && yes !== null && no !== null;
  const end = until === null ? "" : `\nWithout an answer by ${describeInstant(until)}, it is rejected.`;
  return {
    icon: "✋",
    title: `Approve? ${nameOf(event)}`,
    state: `${action} waits for approval`,
    isUrgent: true,
    blocks: [
      `${describeOccasion(event)}\n${toSlackText(event.message, limits.message)}`,
      [`*What it does:* ${impacts[action]}`, ...describeSecret(event)].join("\n"),
      isShown
        ? `*Approve:*\n${yes}\n*Reject:*\n${no}${end}`
        : `The approval id is too long for this message: see \`approvalId\` in the message of the findings topic.${end}`,
    ],
    nextSteps: [
      "Run the command with credentials for the account and Region in which the service runs.",
      "After approval, every gate is checked again before anything is changed.",
    ],
  };
}

function describeStart(event: RemediationEvent): RemediationText {
  const { action, message } = event;
  return {
    icon: "▶️",
    title: `Started: ${nameOf(event)}`,
    state: `${action} started`,
    isUrgent: false,
    blocks: [
      `${describeOccasion(event)}\n${toSlackText(message, limits.message)}`,
      [`*What it does:* ${impacts[action]}`, ...describeSecret(event)].join("\n"),
    ],
    nextSteps: ["The outcome follows in this thread."],
  };
}

function describeReplacement(event: RemediationEvent): RemediationText {
  const { action, message, secret, keyReference } = event;
  const isFirst = action === "enable";
  const old = secret.before === null ? (isFirst ? "none" : "unknown") : toCode(secret.before);
  return {
    icon: "🔑",
    title: `New secret: ${describeDatabase(event.database)}`,
    state: "new secret",
    isUrgent: false,
    blocks: [
      `${describeOccasion(event)}\n${toSlackText(message, limits.message)}`,
      [
        `*Old:* ${old}`,
        `*New:* ${secret.after === null ? "unknown; RDS shows it once it is created" : toCode(secret.after)}`,
        ...(keyReference === null ? [] : [`*Key:* ${toCode(keyReference)}`]),
      ].join("\n"),
    ],
    nextSteps: [
      isFirst
        ? "Clients that log in as the master user must read the password from the new secret. The old password no longer works."
        : "Replace the old ARN wherever it is used: applications, environment variables, task definitions, IAM policies, RDS Proxies. The old secret is gone.",
      "To automate this, subscribe to messages of type `secret.replaced` on the findings topic.",
    ],
  };
}

function describeSuccess(event: RemediationEvent): RemediationText {
  return {
    icon: "✅",
    title: `Repaired: ${nameOf(event)}`,
    state: `${event.action} succeeded`,
    isUrgent: false,
    blocks: [`${describeOccasion(event)}\n${toSlackText(event.message, limits.remediation)}`],
    nextSteps: [],
  };
}

function describeRefusal(event: RemediationEvent): RemediationText {
  const { gates, message, action } = event;
  const [first] = gates;
  const isRejection = gates.length === 1 && first !== undefined && gatesByName[first.gate].opensBy === "approval";
  return {
    icon: "⏸️",
    title: `${isRejection ? "Not approved" : "Not started"}: ${nameOf(event)}`,
    state: `${action} ${isRejection ? "not approved" : "not started"}`,
    isUrgent: false,
    blocks: [
      describeOccasion(event),
      isRejection || gates.length === 0 ? toSlackText(message, limits.remediation) : describeGates(gates),
    ],
    nextSteps: isRejection ? [] : ["`rds-password-audit plan` shows what can be repaired and what blocks it."],
  };
}

function describeGates(gates: RemediationEvent["gates"]): string {
  const rest = gates.length - shownGates;
  const lines = gates.slice(0, shownGates).map(({ gate, reason }) => {
    const remedy = formatCommands(reason, "line");
    const why = remedy !== null && remedy.length <= limits.message ? remedy : toSlackText(reason, limits.message);
    return `• *${toSlackText(gate, limits.name)}*: ${why}`;
  });
  const more = rest > 0 ? [`• … and ${count(rest, "more gate")}`] : [];
  return ["Nothing was changed. Closed gates:", ...lines, ...more].join("\n");
}

function describeFailure(event: RemediationEvent): RemediationText {
  const { action, message, recovery, managed, database } = event;
  // The error may have occurred while management was off.
  const isDoubtful = managed === null && (action === "toggle" || action === "finish-interrupted");
  const explain = toInlineCode(`rds-password-audit explain ${quote(database.arn)}`);
  return {
    icon: isDoubtful ? "🚨" : "🔴",
    title: isDoubtful
      ? `Management may be OFF on ${describeDatabase(database)}: ${action} failed`
      : `Failed: ${nameOf(event)}`,
    state: isDoubtful ? "management may be OFF" : `${action} failed`,
    isUrgent: true,
    blocks: [
      ...(isDoubtful ? [describeDoubt(event)] : []),
      `${describeOccasion(event)}\n${toSlackText(message, limits.remediation)}`,
      ...(recovery.length === 0 ? [] : [`*Commands to run by hand:*\n${describeCommands(recovery)}`]),
    ],
    nextSteps: explain === null ? [] : [`${explain} shows what is wrong now and what to do.`],
  };
}

function describeDoubt(event: RemediationEvent): string {
  const { database } = event;
  return [
    `*Check now* in ${scopeOf(event)} whether RDS manages the master password:`,
    describeCommands([showSecretCommand(database)]),
    "If the output is `null`, it does not, and the password is unknown. Then turn management on:",
    describeCommands([turnOnCommand(database, null)]),
  ].join("\n");
}

function describeLeftOff(event: RemediationEvent): RemediationText {
  const { database, recovery, message } = event;
  const commands = recovery.length === 0 ? [turnOnCommand(database, null)] : recovery;
  const keyOption = "--master-user-secret-kms-key-id";
  return {
    icon: "🚨",
    title: `Management is OFF on ${describeDatabase(database)}: its master password is unknown`,
    state: "MANAGEMENT IS OFF",
    isUrgent: true,
    blocks: [
      `*Turn it on now* in ${scopeOf(event)}, which creates a new secret:\n${describeCommands(commands)}`,
      "Until then the master user cannot log in. Open connections stay, and other users are not affected.",
      `${describeOccasion(event)}\n${toSlackText(message, limits.remediation)}`,
    ],
    nextSteps: [
      ...(commands.some((command) => command.includes(keyOption))
        ? [`If RDS refuses the key, omit \`${keyOption}\`: managed with the default key is better than not managed.`]
        : []),
      `Do not remove the tag \`${toggleTagKey}\`: the service uses it to finish the toggle, and then removes it.`,
    ],
  };
}

/** "toggle of DB instance orders". */
function nameOf({ action, database }: RemediationEvent): string {
  return `${action} of ${describeDatabase(database)}`;
}

/** The action, the scope and the rule. */
function describeOccasion({ action, rule, severity, database }: RemediationEvent): string {
  return `*${action}* in ${scopeOf({ database })}, required by ${toSlackText(rule, limits.name)} (${severity})`;
}

function scopeOf({ database }: Pick<RemediationEvent, "database">): string {
  return toSlackText(describeScope(database), limits.name);
}

function describeSecret({ secret: { before }, keyReference }: RemediationEvent): string[] {
  return [
    ...(before === null ? [] : [`*Present secret:* ${toCode(before)}`]),
    ...(keyReference === null ? [] : [`*Key of the new secret:* ${toCode(keyReference)}`]),
  ];
}

/** As many commands, in order, as fit into a message. */
function describeCommands(commands: readonly string[]): string {
  const blocks: string[] = [];
  let left: number = limits.commands;
  for (const command of commands) {
    const block = toCodeBlock(command);
    left -= block?.length ?? left + 1;
    if (block === null || left < 0) break;
    blocks.push(block);
  }
  const isWhole = blocks.length === commands.length;
  return [
    ...blocks,
    ...(isWhole ? [] : ["The rest is too long for this message: see `recovery` in the message of the findings topic."]),
  ].join("\n");
}

/** A command to copy. Null if it is too long, because half a command is worse than none, or contains a link, which no command of ours does. */
function toCodeBlock(command: string): string | null {
  const code = toSlackCode(command);
  return isShown(command) && code.length <= limits.command ? `\`\`\`${code}\`\`\`` : null;
}

function toInlineCode(command: string): string | null {
  const code = toSlackCode(command);
  return isShown(command) && code.length <= limits.id ? `\`${code}\`` : null;
}

function isShown(command: string): boolean {
  return !/:\/\/|\]\(/.test(command);
}

/** A name to copy. */
function toCode(name: string): string {
  return `\`${toSlackText(name, limits.id)}\``;
}

/** "2026-11-27 12:00 UTC". */
function describeInstant(instant: string): string {
  return /^[\d-]{10}T[\d:]{5}/.test(instant)
    ? `${instant.slice(0, 16).replace("T", " ")} UTC`
    : toSlackText(instant, 40);
}
