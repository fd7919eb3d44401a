import { turnOnCommand } from "../lib/model/aws-cli.ts";
import type { ClassifiedDatabase } from "../lib/model/database.ts";
import { isKeyOfAccount } from "../lib/model/key.ts";
import { turnOnAsRequired } from "../lib/model/required-key.ts";
import { defineRule, type RequiredKey } from "../lib/model/rule.ts";
import { databaseLists, databaseMessages, notAudited } from "../lib/model/rule-guards.ts";
import { describeInstant } from "../lib/model/time.ts";
import { type ToggleMarker, toggleTagOf } from "../lib/model/toggle-marker.ts";

export const toggleNotInterrupted = defineRule({
  id: "toggle-not-interrupted",
  title: "Management that a repair turned off is on again",
  severity: "critical",
  rationale:
    "Some repairs turn management off and on again. The service tags the database before it turns management off, and removes the tag when the repair is complete. " +
    "If a database has the tag but no managed password, the repair was interrupted, and the temporary master password was never stored.",
  references: ["https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html"],
  reads: [...databaseLists],
  messages: {
    ...databaseMessages,
    never: { status: "COMPLIANT", text: "{database} has no interrupted repair." },
    inherited: {
      status: "COMPLIANT",
      text: "{database} has no interrupted repair: its repair tag ({started}) was copied from the source database and can be removed.",
    },
    inheritedOff: {
      status: "COMPLIANT",
      text: "{database} has no interrupted repair, but it is a copy of a database that was being repaired ({started}): its master password may be unknown.",
    },
    onAgain: {
      status: "COMPLIANT",
      repairs: ["finish-interrupted"],
      text: "{database} is managed; its repair tag ({started}) stays until the new secret has the settings of the old one and its ARN is announced.",
    },
    interrupted: {
      status: "NON_COMPLIANT",
      modifiesDatabase: true,
      repairs: ["finish-interrupted"],
      text: "A repair turned off management of {database} and did not turn it on again ({started}).",
      remedy: "Turn management on now: {turnOn}",
    },
  },
  check(database, { requiredKeys }) {
    if (database.management === "out-of-scope" || database.management === "inherited") return notAudited(database);
    const toggleTag = toggleTagOf(database);
    if (toggleTag === null) return { messageId: "never" };
    const { text, marker, isInherited } = toggleTag;
    const isOn = database.masterUserSecret !== null;
    const started = marker === null ? "start time unknown" : `started ${describeInstant(marker.startedAt)}`;
    if (isInherited) return { messageId: isOn ? "inherited" : "inheritedOff", data: { started } };
    if (isOn) return { messageId: "onAgain", data: { started } };
    const keyReference = keyOf(marker, database, requiredKeys);
    const byPolicy = keyReference === null ? turnOnAsRequired(database, requiredKeys) : null;
    const turnOn = byPolicy ?? turnOnCommand(database, keyReference);
    return { messageId: "interrupted", data: { started, turnOn }, evidence: { marker: text } };
  },
});

/** The key that the tag names. A key in another account counts only if the policy requires it, because tags can be forged. */
function keyOf(
  marker: ToggleMarker | null,
  { account }: ClassifiedDatabase,
  requiredKeys: readonly RequiredKey[],
): string | null {
  const reference = marker?.keyReference ?? null;
  if (isKeyOfAccount(reference, account)) return reference;
  return requiredKeys.some(({ arn }) => arn.seen && arn.value === reference) ? reference : null;
}
