import { defineRule } from "../lib/model/rule.ts";
import { databaseLists } from "../lib/model/rule-guards.ts";
import { toggleTagOf } from "../lib/model/toggle-marker.ts";

export const toggleNotInterrupted = defineRule({
  id: "toggle-not-interrupted",
  title: "Management that was turned off to be repaired is on again",
  severity: "critical",
  rationale:
    "Some repairs turn management off and on. Before it turns anything off, the service writes a tag on the database, and takes it away when all is done. " +
    "A database with that tag and without a managed password was left in between: its master password is one that nobody knows.",
  references: ["https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html"],
  reads: [...databaseLists],
  messages: {
    notJudged: { status: "NOT_APPLICABLE", text: "{database} is not judged: {explanation}." },
    never: { status: "COMPLIANT", text: "{database} was not left behind by a repair." },
    inherited: {
      status: "COMPLIANT",
      text: "{database} was not left behind by a repair: its tag ({marker}) comes from the database that it is a copy of, and can be taken off.",
    },
    inheritedOff: {
      status: "COMPLIANT",
      text: "{database} was not left behind by a repair, but is a copy of one that was being repaired ({marker}): perhaps nobody knows its master password.",
    },
    onAgain: {
      status: "COMPLIANT",
      repairs: ["finish-interrupted"],
      text: "{database} is managed; the tag of a repair ({marker}) is still on it, until the new secret has what the old one had and its ARN is told.",
    },
    interrupted: {
      status: "NON_COMPLIANT",
      repairs: ["finish-interrupted"],
      text: "Management of {database} was turned off to be repaired and is still off: {marker}.",
      remedy:
        "Turn it on at once, with the key that the tag names: {modify} --manage-master-user-password --master-user-secret-kms-key-id KEY",
    },
  },
  check(database) {
    if (database.management === "out-of-scope" || database.management === "inherited")
      return { messageId: "notJudged", data: { explanation: database.explanation ?? database.management } };
    const toggleTag = toggleTagOf(database);
    if (toggleTag === null) return { messageId: "never" };
    const { text: marker, isInherited } = toggleTag;
    const isOn = database.masterUserSecret !== null;
    if (isInherited) return { messageId: isOn ? "inherited" : "inheritedOff", data: { marker } };
    if (isOn) return { messageId: "onAgain", data: { marker } };
    return { messageId: "interrupted", data: { marker }, evidence: { marker } };
  },
});
