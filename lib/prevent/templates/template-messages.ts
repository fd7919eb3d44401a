import type { Message, Rule } from "../../model/rule.ts";

const resolve = "Give the values with --parameters, or write them into the template.";

/** The messages of the rules, in words for a database that does not exist yet. Those that are not here stay. */
const messages: Readonly<Record<string, Readonly<Record<string, Message>>>> = {
  "master-password-managed": {
    managed: { status: "COMPLIANT", text: "RDS will manage the master password of {database}." },
    unmanaged: {
      status: "NON_COMPLIANT",
      text: "RDS will not manage the master password of {database}: {setting}.",
      remedy: "{fix}",
    },
    unresolved: {
      status: "INSUFFICIENT_DATA",
      text: "Whether RDS will manage the master password of {database} is unknown: {why}.",
      remedy: resolve,
    },
    doubtful: {
      status: "INSUFFICIENT_DATA",
      text: "RDS will not manage the master password of {database}, and whether its master user has a password is unknown: {why}.",
      remedy: "List the database under support.iamDbAuth in the policy by what the file shows, such as its engine.",
    },
  },
  "secret-key-as-required": {
    notManaged: { status: "NOT_APPLICABLE", text: "RDS will not manage the master password of {database}." },
    asRequired: { status: "COMPLIANT", text: "The secret of {database} will be encrypted as required: {required}." },
    rdsKeyOther: {
      status: "NON_COMPLIANT",
      text: "The secret of {database} will be encrypted with {actual}; the policy requires {required}.",
      remedy: "Set {key} to the required key. It cannot be changed after RDS manages the password.",
    },
    sameAsStorage: {
      status: "NON_COMPLIANT",
      text: "The secret of {database} will be encrypted with {actual}, the key of the database's storage; the policy requires another key.",
      remedy: "Set {key} to another key. It cannot be changed after RDS manages the password.",
    },
    storageKeyNotSeen: {
      status: "INSUFFICIENT_DATA",
      text: "Whether the secret of {database} will be encrypted with another key than the database's storage is unknown: {why}.",
      remedy: "Write both keys as ARNs, or audit the database after it is deployed.",
    },
    notSeen: {
      status: "INSUFFICIENT_DATA",
      text: "Whether the secret of {database} will be encrypted with {required} is unknown: {why}.",
      remedy: "Write the key in the form that the policy uses, or audit the database after it is deployed.",
    },
    unresolved: {
      status: "INSUFFICIENT_DATA",
      text: "Whether the secret of {database} will be encrypted with a required key is unknown: {why}.",
      remedy: resolve,
    },
  },
};

/** The ids of the rules that can be judged before a database exists. */
export const templateRuleIds = Object.keys(messages);

/** A rule in words for templates and plans. */
export function forTemplates(rule: Rule): Rule {
  return { ...rule, messages: { ...rule.messages, ...messages[rule.id] } };
}
