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

/** What people are told: `title` and `state` as they came, the others as parts of a message. `isUrgent` is what somebody has to act on. */
export type RemediationNews = {
  readonly icon: string;
  readonly title: string;
  /** The title in a word or two, for the top of the thread. */
  readonly state: string;
  readonly isUrgent: boolean;
  readonly blocks: readonly string[];
  readonly nextSteps: readonly string[];
};

/** So many closed gates are told: few actions have as many. */
const shownGates = 8;

/** What a person has to know of a step of a repair, what they can do first of all. */
export function describeRemediation(event: RemediationEvent): RemediationNews {
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

function describeApproval(event: RemediationEvent): RemediationNews {
  const { action, approvalId, until } = event;
  const answer = (verb: string) => toCodeBlock(`rds-password-audit ${verb} ${quote(approvalId ?? "")}`);
  const [yes, no] = [answer("approve"), answer("reject")];
  const isNotified = approvalId !== null && yes !== null && no !== null;
  const end = until === null ? "" : `\nNo answer until ${describeInstant(until)} is a no.`;
  return {
    icon: "✋",
    title: `Approve? ${nameOf(event)}`,
    state: `${action} waits for approval`,
    isUrgent: true,
    blocks: [
      `${describeOccasion(event)}\n${toSlackText(event.message, limits.message)}`,
      [`*What it does:* ${impacts[action]}`, ...describeSecret(event)].join("\n"),
      isNotified
        ? `*Yes:*\n${yes}\n*No:*\n${no}${end}`
        : `The id to answer to is too long for a message: \`approvalId\` in the message of the findings topic is it.${end}`,
    ],
    nextSteps: [
      "Run it with credentials for the account and Region in which the service runs.",
      "A yes is no blank cheque: before anything is changed, every gate is looked at again.",
    ],
  };
}

function describeStart(event: RemediationEvent): RemediationNews {
  const { action, message } = event;
  return {
    icon: "▶️",
    title: `Begins: ${nameOf(event)}`,
    state: `${action} begins`,
    isUrgent: false,
    blocks: [
      `${describeOccasion(event)}\n${toSlackText(message, limits.message)}`,
      [`*What it does:* ${impacts[action]}`, ...describeSecret(event)].join("\n"),
    ],
    nextSteps: ["How it ends is said here."],
  };
}

function describeReplacement(event: RemediationEvent): RemediationNews {
  const { action, message, secret, keyReference } = event;
  const isFirst = action === "enable";
  const old = secret.before === null ? (isFirst ? "none" : "not known") : toCode(secret.before);
  return {
    icon: "🔑",
    title: `New secret: ${describeDatabase(event.database)}`,
    state: "new secret",
    isUrgent: false,
    blocks: [
      `${describeOccasion(event)}\n${toSlackText(message, limits.message)}`,
      [
        `*Old:* ${old}`,
        `*New:* ${secret.after === null ? "not seen yet; RDS names it when it is made" : toCode(secret.after)}`,
        ...(keyReference === null ? [] : [`*Key:* ${toCode(keyReference)}`]),
      ].join("\n"),
    ],
    nextSteps: [
      isFirst
        ? "Whoever logs in as the master user has to read the password from the new secret from now on: the one that they hold does not work any more."
        : "Whoever has the old ARN needs the new one: applications, environment variables, task definitions, IAM policies, RDS Proxies. The old secret is gone.",
      "For machines: the findings topic has this as a message of the type `secret.replaced`.",
    ],
  };
}

function describeSuccess(event: RemediationEvent): RemediationNews {
  return {
    icon: "✅",
    title: `Repaired: ${nameOf(event)}`,
    state: `${event.action} succeeded`,
    isUrgent: false,
    blocks: [`${describeOccasion(event)}\n${toSlackText(event.message, limits.remediation)}`],
    nextSteps: [],
  };
}

function describeRefusal(event: RemediationEvent): RemediationNews {
  const { gates, message, action } = event;
  const [first] = gates;
  const isPersonal = gates.length === 1 && first !== undefined && gatesByName[first.gate].opensBy === "approval";
  return {
    icon: "⏸️",
    title: `${isPersonal ? "Not approved" : "Not begun"}: ${nameOf(event)}`,
    state: `${action} ${isPersonal ? "not approved" : "not begun"}`,
    isUrgent: false,
    blocks: [
      describeOccasion(event),
      isPersonal || gates.length === 0 ? toSlackText(message, limits.remediation) : describeGates(gates),
    ],
    nextSteps: isPersonal
      ? []
      : ["`rds-password-audit plan` says at any time what would be done, and what stands in the way."],
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
  return ["Nothing was changed. In the way:", ...lines, ...more].join("\n");
}

function describeFailure(event: RemediationEvent): RemediationNews {
  const { action, message, recovery, managed, database } = event;
  // An error in the middle of these may have come between off and on.
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
      ...(recovery.length === 0 ? [] : [`*What a person can do:*\n${describeCommands(recovery)}`]),
    ],
    nextSteps: explain === null ? [] : [`${explain} says what is wrong with it now, and what to do.`],
  };
}

function describeDoubt(event: RemediationEvent): string {
  const { database } = event;
  return [
    `*Look at once* in ${scopeOf(event)} whether RDS manages the master password:`,
    describeCommands([showSecretCommand(database)]),
    "If the answer is `null`, it does not, and nobody knows the password. Then turn it on:",
    describeCommands([turnOnCommand(database, null)]),
  ].join("\n");
}

function describeLeftOff(event: RemediationEvent): RemediationNews {
  const { database, recovery, message } = event;
  const commands = recovery.length === 0 ? [turnOnCommand(database, null)] : recovery;
  const keyOption = "--master-user-secret-kms-key-id";
  return {
    icon: "🚨",
    title: `Management is OFF on ${describeDatabase(database)}: nobody knows its master password`,
    state: "MANAGEMENT IS OFF",
    isUrgent: true,
    blocks: [
      `*Turn it on now* in ${scopeOf(event)}, which makes a new secret:\n${describeCommands(commands)}`,
      "Until then nobody can log in as the master user. Open connections stay, and other users are not affected.",
      `${describeOccasion(event)}\n${toSlackText(message, limits.remediation)}`,
    ],
    nextSteps: [
      ...(commands.some((command) => command.includes(keyOption))
        ? [
            `If RDS refuses the key, leave out \`${keyOption}\`: managed with the default key is better than not managed.`,
          ]
        : []),
      `If it has the tag \`${toggleTagKey}\`, leave that where it is: by it the service sees what is left to be done, and it takes it off itself.`,
    ],
  };
}

/** "toggle of DB instance orders". */
function nameOf({ action, database }: RemediationEvent): string {
  return `${action} of ${describeDatabase(database)}`;
}

/** What is done where, and which rule asked for it. */
function describeOccasion({ action, rule, severity, database }: RemediationEvent): string {
  return `*${action}* in ${scopeOf({ database })}, because of ${toSlackText(rule, limits.name)} (${severity})`;
}

function scopeOf({ database }: Pick<RemediationEvent, "database">): string {
  return toSlackText(describeScope(database), limits.name);
}

function describeSecret({ secret: { before }, keyReference }: RemediationEvent): string[] {
  return [
    ...(before === null ? [] : [`*Its secret now:* ${toCode(before)}`]),
    ...(keyReference === null ? [] : [`*Key of the new secret:* ${toCode(keyReference)}`]),
  ];
}

/** Commands to copy, in their order, as many as a message bears. */
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
    ...(isWhole ? [] : ["The rest is too long to be shown: `recovery` in the message of the findings topic has it."]),
  ].join("\n");
}

/** A command to copy. Null where it is too long, because half a command is worse than none, or has a link in it, which none of ours has. */
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
