import { UsageError } from "../lib/model/errors.ts";
import { suggest } from "../lib/model/nearest.ts";
import type { Rule } from "../lib/model/rule.ts";
import { masterPasswordManaged } from "./master-password-managed.ts";
import { rotationEnabled } from "./rotation-enabled.ts";
import { rotationIntervalWithinLimit } from "./rotation-interval-within-limit.ts";
import { rotationOnSchedule } from "./rotation-on-schedule.ts";
import { secretBelongsToDatabase } from "./secret-belongs-to-database.ts";
import { secretKeyAsRequired } from "./secret-key-as-required.ts";
import { secretKeyConsistent } from "./secret-key-consistent.ts";
import { secretKeyUsable } from "./secret-key-usable.ts";
import { secretNotImpaired } from "./secret-not-impaired.ts";
import { secretNotShared } from "./secret-not-shared.ts";
import { secretNotStuck } from "./secret-not-stuck.ts";
import { toggleNotInterrupted } from "./toggle-not-interrupted.ts";

/** All rules, in the order of the documentation. */
export const rules: readonly Rule[] = [
  masterPasswordManaged,
  secretNotImpaired,
  secretNotStuck,
  secretBelongsToDatabase,
  secretKeyAsRequired,
  secretKeyUsable,
  secretKeyConsistent,
  rotationEnabled,
  rotationOnSchedule,
  rotationIntervalWithinLimit,
  toggleNotInterrupted,
  secretNotShared,
];

/** The ids that a policy can name: those of all rules, and of the rule that only `check` judges. */
export const policyRuleIds: readonly string[] = [...rules.map(({ id }) => id), "password-not-in-template"];

/** Finds a rule by id. Throws a UsageError that suggests the nearest id. */
export function findRule(id: string): Rule {
  const rule = rules.find((one) => one.id === id);
  const known = rules.map((one) => one.id);
  if (rule === undefined) throw new UsageError(`"${id}" is not a known rule${suggest(id, known)}.`);
  return rule;
}
