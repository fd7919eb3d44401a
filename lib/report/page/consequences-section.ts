import { consequencesOf } from "../../model/consequences.ts";
import type { Finding } from "../../model/finding.ts";
import type { Report } from "../../model/report.ts";
import { groupBy } from "../text/group.ts";
import { type Html, html } from "./html.ts";

/** What turning management on changes for the databases whose password RDS does not manage, each with the engines that it applies to. */
export function renderConsequencesSection(violations: readonly Finding[], { databases }: Report): Html | null {
  const found = new Set(
    violations.flatMap(({ rule, resource }) => (rule === "master-password-managed" ? resource.arn : [])),
  );
  const unmanaged = databases.filter(({ arn }) => found.has(arn));
  const all = unmanaged.flatMap(({ engine, kind }) =>
    consequencesOf({ engine, kind, replicas: [] }).map((consequence) => ({ ...consequence, engine })),
  );
  if (all.length === 0) return null;
  const engineCount = new Set(unmanaged.map(({ engine }) => engine)).size;
  const items = groupBy(all, ({ code }) => code).map(([, same]) => {
    const [{ text, source, asOf }] = same;
    const engines = [...new Set(same.map(({ engine }) => engine))].sort();
    const only = engines.length === engineCount ? "" : ` (${engines.join(", ")})`;
    return html`<li>${text}${only} <a href="${source}" rel="noreferrer">AWS, ${asOf}</a></li>\n`;
  });
  return html`<section id="consequences" aria-labelledby="consequences-title"><h2 id="consequences-title">What turning management on changes</h2>
<ul>${items}</ul></section>`;
}
