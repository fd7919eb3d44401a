import type { Rule } from "../../model/rule.ts";
import { findChange } from "../../patches/changes.ts";
import { forBothKinds, placeholders, type Tool, toolNames } from "../../patches/patch.ts";
import { groupBy } from "../text/group.ts";
import type { ReportOptions } from "../text/reporter.ts";
import { createLayout } from "./layout.ts";
import { renderPatch } from "./patch.ts";

/** Renders the changes that the violations of a rule need, with one tool, for a database that a person fills in. */
export function explainRuleChanges(rule: Rule, tool: Tool, options: Pick<ReportOptions, "width" | "color">): string {
  const layout = createLayout(options);
  const { wrap, paint } = layout;
  const found = Object.entries(rule.messages).flatMap(([id, { text }]) => {
    const change = findChange(rule.id, id);
    return change === null ? [] : [{ text, change }];
  });
  const sections = groupBy(found, ({ change }) => String(found.findIndex((one) => one.change === change))).map(
    ([, same]) =>
      [
        ...new Set(same.map(({ text }) => wrap(text, `${paint.bad("✗")} `))),
        ...renderPatch(forBothKinds(same[0].change, tool, placeholders.presentKey), layout, "  "),
      ].join("\n"),
  );
  const title = [`${paint.strong(rule.id)}  ${toolNames[tool]}`, wrap(`${rule.title}.`)].join("\n");
  return `${[title, ...sections, wrap(replace)].join("\n\n")}\n`;
}

const replace =
  "Replace the words in capital letters. Leave out the key for the default key of Secrets Manager. To have them filled in, name a database: explain DATABASE --tool TOOL.";
