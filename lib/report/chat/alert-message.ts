import type { Severity } from "../../model/finding.ts";
import { toSlackText } from "./slack-text.ts";

/** The lowest severity to alert on, the link to the report, and whether the policy allows exemptions by tags on a database. */
export type AlertOptions = {
  readonly threshold: Severity;
  readonly reportUrl: string | null;
  readonly exemptionTags: boolean;
};

/**
 * A custom notification for Amazon Q Developer in chat applications, published as the body of an SNS message.
 * Source for shape and limits: https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
 */
export type AlertMessage = Readonly<ReturnType<typeof toMessage>>;

/** The parts of a message. Title, blocks, last lines and next steps must be escaped and short enough; the other parts may be untrusted. */
export type AlertParts = {
  readonly title: string;
  /** Shown above the last lines as far as they fit; the others are counted. */
  readonly blocks: readonly string[];
  readonly lastLines: readonly string[];
  readonly nextSteps: readonly string[];
  readonly keywords: readonly string[];
  readonly threadId: string;
  readonly summary: string;
  readonly context: Readonly<Record<string, string>>;
};

/** Maximum characters. Amazon Q sets the first four; the others keep room for the rest of the message. */
export const limits = {
  title: 250,
  description: 8_000,
  nextStep: 350,
  keyword: 75,
  id: 250,
  name: 120,
  message: 600,
  messageInLine: 200,
  remediation: 1_500,
  /** A callback id of Lambda has about 1,000 characters before escaping, and two commands with it must fit. */
  command: 2_500,
  /** All commands to run in sequence. */
  commands: 3_000,
  /** A longer link would fill most of the message. */
  link: 1_000,
} as const;

/** Characters kept free for the line that counts omitted blocks. */
const spare = 100;

/** Builds the custom notification from its parts. */
export function toMessage(parts: AlertParts) {
  const { title, blocks, lastLines, nextSteps, keywords, threadId, summary, context } = parts;
  const additionalContext = Object.entries(context).map(([name, value]) => [name, toSlackText(value, limits.id)]);
  return {
    version: "1.0",
    source: "custom",
    content: {
      textType: "client-markdown",
      title,
      description: joinWithinLimit(blocks, lastLines),
      nextSteps,
      keywords: keywords.map((keyword) => toSlackText(keyword, limits.keyword)).filter((keyword) => keyword !== ""),
    },
    metadata: {
      /** Messages with the same id share a thread, if the channel's configuration enables threads. */
      threadId: toSlackText(threadId, limits.id) || "rds-password-audit",
      /** Shown at the top of the thread. */
      summary: toSlackText(summary, limits.title),
      /** For the conditions and variables of custom actions. */
      additionalContext: Object.fromEntries(additionalContext) as Readonly<Record<string, string>>,
    },
  };
}

/** The link as plain text, because link markup differs between Slack and Teams. Empty if the link could itself contain markup. */
export function toLink(url: string | null, before = "Last full report: "): string[] {
  if (url === null || !/^https:\/\/[^\s<>|"'`*\\]+$/.test(url)) return [];
  const escaped = url.replaceAll("&", "&amp;");
  return escaped.length <= limits.link ? [before + escaped] : [];
}

function joinWithinLimit(blocks: readonly string[], lastLines: readonly string[]): string {
  const last = lastLines.join("\n");
  const room = limits.description - last.length - spare;
  const kept: string[] = [];
  let used = 0;
  for (const block of blocks) {
    used += block.length + 2;
    if (used > room) break;
    kept.push(block);
  }
  const left = blocks.length - kept.length;
  const more = left > 0 ? `… and ${left} more, see the report.` : "";
  return [...kept, more, last].filter((part) => part !== "").join("\n\n");
}
