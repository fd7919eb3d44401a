import { compareText } from "../model/compare-text.ts";
import { type Database, exemptionTags } from "../model/database.ts";
import { type Exemption, exemptionSchema } from "../model/finding.ts";
import type { Policy } from "../model/policy.ts";
import { matches } from "./match.ts";

/** The exemption of a database from a rule. */
export type ExemptionState = {
  readonly active: Exemption | null;
  readonly ended: Exemption | null;
  /** Why the database's exemption tags do not count, or null. */
  readonly ignored: string | null;
};

/** True through the last day of an exemption, in UTC. */
export function isInForce({ until }: Pick<Exemption, "until">, now: string): boolean {
  return now.slice(0, 10) <= until;
}

/** Finds the exemption of a database from a rule. The one that ends last wins; if two end on the same day, the first in the policy wins. */
export function exemptionOf(database: Database, ruleId: string, policy: Policy, now: string): ExemptionState {
  const byTags = policy.exemptionTags ? readTags(database.tags) : null;
  const all = policy.exemptions
    .filter(({ rules, match }) => (rules === undefined || rules.includes(ruleId)) && matches(match, database))
    .map(({ owner, reason, until }): Exemption => ({ owner, reason, until, source: "policy" }));
  if (byTags !== null && typeof byTags !== "string") all.push(byTags);
  const [longest] = all.toSorted((a, b) => compareText(b.until, a.until));
  const ignored = typeof byTags === "string" ? byTags : null;
  const isActive = longest !== undefined && isInForce(longest, now);
  return { active: isActive ? longest : null, ended: isActive ? null : (longest ?? null), ignored };
}

/** Reads the exemption from a database's tags: null if there is none, text if the tags are incomplete or not valid. */
function readTags(tags: Readonly<Record<string, string>>): Exemption | string | null {
  const values = Object.entries(exemptionTags).map(([field, tag]) => [field, tags[tag]?.trim() || undefined] as const);
  if (values.every(([, value]) => value === undefined)) return null;
  const missing = values
    .filter(([, value]) => value === undefined)
    .map(([field]) => exemptionTags[field as keyof typeof exemptionTags]);
  if (missing.length > 0) return `an exemption also needs the tag ${missing.join(" and ")}`;
  const exemption = exemptionSchema.safeParse({ ...Object.fromEntries(values), source: "tags" });
  return exemption.success ? exemption.data : `the tag ${exemptionTags.until} is not a date such as 2026-12-31`;
}
