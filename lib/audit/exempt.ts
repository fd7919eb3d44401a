import { type Database, exemptionTags } from "../model/database.ts";
import { type Exemption, exemptionSchema } from "../model/finding.ts";
import type { Policy } from "../model/policy.ts";
import { matches } from "./match.ts";

/** What exempts a database from a rule now, what did until it ended, and why tags that look like an exemption are none. */
export type ExemptionState = {
  readonly active: Exemption | null;
  readonly ended: Exemption | null;
  readonly ignored: string | null;
};

/** Whether an exemption still holds: to the end of its last day, in UTC. */
export function isInForce({ until }: Exemption, now: string): boolean {
  return now.slice(0, 10) <= until;
}

/** Looks up whether a database is exempt from a rule. Of several exemptions the one that lasts longest counts, of equals the first in the policy. */
export function exemptionOf(database: Database, ruleId: string, policy: Policy, now: string): ExemptionState {
  const byTags = policy.exemptionTags ? readTags(database.tags) : null;
  const all = policy.exemptions
    .filter(({ rules, match }) => (rules === undefined || rules.includes(ruleId)) && matches(match, database))
    .map(({ owner, reason, until }): Exemption => ({ owner, reason, until, source: "policy" }));
  if (byTags !== null && typeof byTags !== "string") all.push(byTags);
  const [longest] = all.toSorted((a, b) => (a.until === b.until ? 0 : a.until < b.until ? 1 : -1));
  const ignored = typeof byTags === "string" ? byTags : null;
  if (longest === undefined) return { active: null, ended: null, ignored };
  return isInForce(longest, now)
    ? { active: longest, ended: null, ignored }
    : { active: null, ended: longest, ignored };
}

/** The exemption that a database's tags make, null where they make none, or why they make none although they try. */
function readTags(tags: Readonly<Record<string, string>>): Exemption | string | null {
  const values = Object.entries(exemptionTags).map(([field, tag]) => [field, tags[tag]?.trim() || undefined] as const);
  if (values.every(([, value]) => value === undefined)) return null;
  const missing = values
    .filter(([, value]) => value === undefined)
    .map(([field]) => exemptionTags[field as keyof typeof exemptionTags]);
  if (missing.length > 0) return `an exemption needs the tag ${missing.join(" and ")} too`;
  const exemption = exemptionSchema.safeParse({ ...Object.fromEntries(values), source: "tags" });
  return exemption.success ? exemption.data : `the tag ${exemptionTags.until} is not a date, as in 2026-12-31`;
}
