import type { Finding } from "../../model/finding.ts";
import { count } from "../text/count.ts";
import { groupBy } from "../text/group.ts";
import type { RuleDescription } from "../text/reporter.ts";
import { fold } from "./components.ts";
import { type Html, html } from "./html.ts";

/** The id of the explanation of a rule in the page. */
const toRuleAnchor = (rule: string) => `rule-${rule}`;

/** The id of a rule, as a link to its explanation. */
export function ruleLink(rule: string): Html {
  return html`<a href="#${toRuleAnchor(rule)}">${rule}</a>`;
}

/** What each rule with findings demands, why, and where AWS documents it, the rule with the most findings first. Null without findings. */
export function renderRulesSection(findings: readonly Finding[], rules: readonly RuleDescription[]): Html | null {
  if (findings.length === 0) return null;
  const groups = groupBy(findings, ({ rule }) => rule).toSorted(([, a], [, b]) => b.length - a.length);
  return html`<section id="rules" aria-labelledby="rules-title"><h2 id="rules-title">Rules</h2>
${groups.map(([id, ofRule]) =>
  fold(
    html`<h3>${rules.find((rule) => rule.id === id)?.title ?? id}</h3>`,
    `${id}, ${count(ofRule.length, "finding")}`,
    html`<div class="rule" id="${toRuleAnchor(id)}">${explain(id, rules)}</div>`,
  ),
)}</section>`;
}

/** A link to a fold opens it, because its target is inside. */
function explain(id: string, rules: readonly RuleDescription[]): Html {
  const rule = rules.find((one) => one.id === id);
  if (rule === undefined) return html`<p>This version has no rule ${id}.</p>`;
  const links = rule.references.map(
    (url) => html`<li><a href="${url}" rel="noreferrer">${url.replace(/^https:\/\//, "")}</a></li>`,
  );
  return html`<p>${rule.rationale}</p>
<ul>${links}</ul>`;
}
