import { impacts } from "../../model/action.ts";
import { quote, showSecretCommand, turnOnCommand } from "../../model/aws-cli.ts";
import { describeDatabase, toggleTagKey } from "../../model/database.ts";
import { gatesByName } from "../../model/gates.ts";
import type { RemediationEvent } from "../../model/remediation-event.ts";
import { describeInstant } from "../../model/time.ts";
import { count } from "../text/count.ts";
import { listFirst } from "../text/list-first.ts";
import { type AlertMessage, limits, toMessage } from "./alert-message.ts";
import { toSlackScope } from "./describe-change.ts";
import { formatCommand, formatCommands } from "./format-commands.ts";
import { toSlackText } from "./slack-text.ts";

/** The parts of an alert that depend on the type of the event. `title` and `state` are plain text, the others Slack markup. */
type RemediationText = {
  readonly icon: string;
  readonly title: string;
  /** The title in a few words, for the top of the thread. */
  readonly state: string;
  /** What someone must do comes first. */
  readonly blocks: readonly string[];
  readonly nextSteps?: readonly string[];
};

/** Maximum number of closed gates shown. Few actions have as many. */
const shownGates = 8;

/** Formats an event of a repair as an alert, in the thread of the database's findings. */
export function toRemediationAlert(event: RemediationEvent): AlertMessage {
  const { type, action, rule, severity, database, execution } = event;
  const { arn, identifier, account, region } = database;
  const { icon, title, state, blocks, nextSteps = [] } = describeRemediation(event);
  const isUrgent = ["remediation.approval-requested", "remediation.delayed", "remediation.failed"].includes(type);
  const head = `${icon} `;
  return toMessage({
    title: head + toSlackText(title, limits.title - head.length),
    blocks,
    lastLines: [`ARN: ${toCode(arn)}`, `Execution: ${toCode(execution)}`],
    nextSteps,
    keywords: [...(isUrgent ? [severity] : []), action, rule, account, region],
    threadId: arn,
    summary: `${describeDatabase(database)}: ${state}`,
    context: { type, action, severity, rule, account, region, database: identifier, arn, execution },
  });
}

function describeRemediation(event: RemediationEvent): RemediationText {
  const { action } = event;
  switch (event.type) {
    case "remediation.approval-requested":
      return describeApproval(event);
    case "remediation.started":
      return {
        icon: "▶️",
        title: `Started: ${nameOf(event)}`,
        state: `${action} started`,
        blocks: [introduce(event, limits.message), describeImpact(event)],
        nextSteps: ["The outcome follows in this thread."],
      };
    case "secret.replaced":
      return describeReplacement(event);
    case "remediation.succeeded":
      return {
        icon: "✅",
        title: `Repaired: ${nameOf(event)}`,
        state: `${action} succeeded`,
        blocks: [introduce(event, limits.remediation)],
      };
    case "remediation.refused":
      return describeRefusal(event);
    case "remediation.delayed":
      return describeLeftOff(event);
    case "remediation.failed":
      return event.managed === false ? describeLeftOff(event) : describeFailure(event);
  }
}

function describeApproval(event: RemediationEvent): RemediationText {
  const { action, approvalId, until } = event;
  const answer = (verb: string) => toCodeBlock(`rds-password-audit ${verb} ${quote(approvalId ?? "")}`);
  const [yes, no] = [answer("approve"), answer("reject")];
  const isShown = approvalId !== null && yes !== null && no !== null;
  const end =
    until === null ? "" : `\nWithout an answer by ${toSlackText(describeInstant(until), 40)}, it is rejected.`;
  return {
    icon: "✋",
    title: `Approve? ${nameOf(event)}`,
    state: `${action} waits for approval`,
    blocks: [
      introduce(event, limits.message),
      describeImpact(event),
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

function describeReplacement(event: RemediationEvent): RemediationText {
  const { action, database, secret, keyReference } = event;
  const isFirst = action === "enable";
  const old = secret.before === null ? (isFirst ? "none" : "unknown") : toCode(secret.before);
  return {
    icon: "🔑",
    title: `New secret: ${describeDatabase(database)}`,
    state: "new secret",
    blocks: [
      introduce(event, limits.message),
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

function describeRefusal(event: RemediationEvent): RemediationText {
  const { gates, message, action } = event;
  const [first] = gates;
  const isRejection = gates.length === 1 && first !== undefined && gatesByName[first.gate].opensBy === "approval";
  const outcome = isRejection ? "Not approved" : "Not started";
  return {
    icon: "⏸️",
    title: `${outcome}: ${nameOf(event)}`,
    state: `${action} ${outcome.toLowerCase()}`,
    blocks: [
      describeOccasion(event),
      isRejection || gates.length === 0 ? toSlackText(message, limits.remediation) : describeGates(gates),
    ],
    nextSteps: isRejection ? [] : ["`rds-password-audit plan` shows what can be repaired and what blocks it."],
  };
}

function describeGates(gates: RemediationEvent["gates"]): string {
  const lines = listFirst(
    gates,
    shownGates,
    ({ gate, reason }) => {
      const remedy = formatCommands(reason, "line");
      const why = remedy !== null && remedy.length <= limits.message ? remedy : toSlackText(reason, limits.message);
      return `• *${toSlackText(gate, limits.name)}*: ${why}`;
    },
    (rest) => `• … and ${count(rest.length, "more gate")}`,
  );
  return ["Nothing was changed. Closed gates:", ...lines].join("\n");
}

function describeFailure(event: RemediationEvent): RemediationText {
  const { action, recovery, managed, database } = event;
  // The error may have occurred while management was off.
  const isDoubtful = managed === null && (action === "toggle" || action === "finish-interrupted");
  const explain = formatCommand(`rds-password-audit explain ${quote(database.arn)}`, "`", limits.id);
  return {
    ...(isDoubtful
      ? {
          icon: "🚨",
          title: `Management may be OFF on ${describeDatabase(database)}: ${action} failed`,
          state: "management may be OFF",
        }
      : { icon: "🔴", title: `Failed: ${nameOf(event)}`, state: `${action} failed` }),
    blocks: [
      ...(isDoubtful ? [describeDoubt(event)] : []),
      introduce(event, limits.remediation),
      ...(recovery.length === 0 ? [] : [`*Commands to run by hand:*\n${describeCommands(recovery)}`]),
    ],
    nextSteps: explain === null ? [] : [`${explain} shows what is wrong now and what to do.`],
  };
}

function describeDoubt({ database }: RemediationEvent): string {
  return [
    `*Check now* in ${toSlackScope(database)} whether RDS manages the master password:`,
    describeCommands([showSecretCommand(database)]),
    "If the output is `null`, it does not, and the password is unknown. Then turn management on:",
    describeCommands([turnOnCommand(database, null)]),
  ].join("\n");
}

function describeLeftOff(event: RemediationEvent): RemediationText {
  const { database, recovery } = event;
  const commands = recovery.length === 0 ? [turnOnCommand(database, null)] : recovery;
  const keyOption = "--master-user-secret-kms-key-id";
  return {
    icon: "🚨",
    title: `Management is OFF on ${describeDatabase(database)}: its master password is unknown`,
    state: "MANAGEMENT IS OFF",
    blocks: [
      `*Turn it on now* in ${toSlackScope(database)}, which creates a new secret:\n${describeCommands(commands)}`,
      "Until then the master user cannot log in. Open connections stay, and other users are not affected.",
      introduce(event, limits.remediation),
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

/** The occasion, and the message with at most `max` characters. */
function introduce(event: RemediationEvent, max: number): string {
  return `${describeOccasion(event)}\n${toSlackText(event.message, max)}`;
}

/** The action, the scope and the rule. */
function describeOccasion({ action, rule, severity, database }: RemediationEvent): string {
  return `*${action}* in ${toSlackScope(database)}, required by ${toSlackText(rule, limits.name)} (${severity})`;
}

function describeImpact({ action, secret: { before }, keyReference }: RemediationEvent): string {
  return [
    `*What it does:* ${impacts[action]}`,
    ...(before === null ? [] : [`*Present secret:* ${toCode(before)}`]),
    ...(keyReference === null ? [] : [`*Key of the new secret:* ${toCode(keyReference)}`]),
  ].join("\n");
}

/** As many commands, in order, as fit into a message. */
function describeCommands(commands: readonly string[]): string {
  const blocks: string[] = [];
  let left: number = limits.commands;
  for (const command of commands) {
    const block = toCodeBlock(command);
    left -= block?.length ?? left + 1;
    if (block === null || left < 0)
      return [
        ...blocks,
        "The rest is too long for this message: see `recovery` in the message of the findings topic.",
      ].join("\n");
    blocks.push(block);
  }
  return blocks.join("\n");
}

function toCodeBlock(command: string): string | null {
  return formatCommand(command, "```", limits.command);
}

/** A name to copy. */
function toCode(name: string): string {
  return `\`${toSlackText(name, limits.id)}\``;
}
