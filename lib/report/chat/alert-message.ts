import type { Severity } from "../../model/finding.ts";
import { toSlackText } from "./slack-text.ts";

/** Which changes to alert on, and where the report is. `exemptionTags`: whether the policy allows exemptions by tags on a database. */
export type AlertOptions = {
  readonly threshold: Severity;
  readonly reportUrl: string | null;
  readonly exemptionTags: boolean;
};

/**
 * A custom notification of Amazon Q Developer in chat applications, published as the body of an SNS message.
 * Source of the shape and its limits: https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
 */
export type AlertMessage = {
  readonly version: "1.0";
  readonly source: "custom";
  readonly content: {
    readonly textType: "client-markdown";
    readonly title: string;
    readonly description: string;
    readonly nextSteps: readonly string[];
    readonly keywords: readonly string[];
  };
  readonly metadata: {
    /** Messages with the same one stand in one thread, where the channel's configuration has threads on. */
    readonly threadId: string;
    /** What stands at the top of the thread when it has news. */
    readonly summary: string;
    /** For the conditions and variables of custom actions. */
    readonly additionalContext: Readonly<Record<string, string>>;
  };
};

/** What a message is made of: title, blocks and steps are safe and short enough already; the rest is as it came. */
export type AlertParts = {
  readonly title: string;
  /** As many of them as fit stand above the last lines; the others are counted. */
  readonly blocks: readonly string[];
  readonly lastLines: readonly string[];
  readonly nextSteps: readonly string[];
  readonly keywords: readonly string[];
  readonly threadId: string;
  readonly summary: string;
  readonly context: Readonly<Record<string, string>>;
};

/** Characters: the first four by Amazon Q, the others so that what matters more has its place. */
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
  /** An id of Lambda's has about a thousand, which Slack's escapes lengthen; two of them have to fit. */
  command: 2_500,
  /** What is to be run one after the other. */
  commands: 3_000,
  /** Short enough to be read past; a longer link would be most of the message. */
  link: 1_000,
} as const;

/** Characters for the line that says how much was left out. */
const spare = 100;

/** Puts a message together; only here is it known what Amazon Q takes. */
export function toMessage(parts: AlertParts): AlertMessage {
  const { title, blocks, lastLines, nextSteps, keywords, threadId, summary, context } = parts;
  return {
    version: "1.0",
    source: "custom",
    content: {
      textType: "client-markdown",
      title,
      description: stack(blocks, lastLines),
      nextSteps,
      keywords: keywords.map((keyword) => toSlackText(keyword, limits.keyword)).filter((keyword) => keyword !== ""),
    },
    metadata: {
      threadId: toSlackText(threadId, limits.id) || "rds-password-audit",
      summary: toSlackText(summary, limits.title),
      additionalContext: Object.fromEntries(
        Object.entries(context).map(([name, value]) => [name, toSlackText(value, limits.id)]),
      ),
    },
  };
}

/** A link is written out, because Slack and Teams have different markup for it. One that could be markup itself is left out. */
export function toLink(url: string | null, before = "Report: "): string[] {
  if (url === null || !/^https:\/\/[^\s<>|"'`*\\]+$/.test(url)) return [];
  const escaped = url.replaceAll("&", "&amp;");
  return escaped.length <= limits.link ? [before + escaped] : [];
}

function stack(blocks: readonly string[], lastLines: readonly string[]): string {
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
  const more = left > 0 ? `… and ${left} more, which the report has.` : "";
  return [...kept, more, last].filter((part) => part !== "").join("\n\n");
}
