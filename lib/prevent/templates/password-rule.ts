import type { Rule } from "../../model/rule.ts";
import type { DeclaredPassword } from "./declaration.ts";

const remedy =
  "Let RDS manage the password: set {turnOn} and remove {password}. Change the password of a database that exists.";

/**
 * The only rule about templates alone, in the shape of the others. `check` is not asked: the verdict comes from `findPassword`, because a
 * database in AWS has no such fact.
 */
export const passwordRule: Rule = {
  id: "password-not-in-template",
  title: "The master password is not in the template, plan or state",
  severity: "critical",
  rationale:
    "A password in a template ends up in version control, in the stack, in build logs and in every copy of them. Terraform stores the value of password in its plan and state as plain text, wherever the value comes from.",
  references: [
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/security-best-practices.html",
    "https://developer.hashicorp.com/terraform/language/state/sensitive-data",
  ],
  reads: [],
  messages: {
    none: { status: "COMPLIANT", text: "The master password of {database} is not in the template." },
    literal: { status: "NON_COMPLIANT", text: "The master password of {database} is written in plain text.", remedy },
    "parameter-default": {
      status: "NON_COMPLIANT",
      text: "The master password of {database} is the default of {name}, in plain text.",
      remedy,
    },
    "parameter-file": {
      status: "NON_COMPLIANT",
      text: "The master password of {database} is the value of {name} in the parameter file, in plain text.",
      remedy,
    },
    "parameter-shown": {
      status: "NON_COMPLIANT",
      text: "The master password of {database} is the parameter {name} without NoEcho, so everyone who can describe the stack can read it.",
      remedy,
    },
    state: {
      status: "NON_COMPLIANT",
      text: "Terraform stores the master password of {database} in its plan and state in plain text{from}.",
      remedy,
    },
  },
  check: () => ({ messageId: "none" }),
};

/** The verdict about a password. */
export function findPassword(password: DeclaredPassword | null) {
  const messageId = password !== null && password.source in passwordRule.messages ? password.source : "none";
  const name = password?.name ?? "";
  return { messageId, data: { name, from: name === "" ? "" : `, from ${name}` } };
}

/** Where the password of a database that RDS does not manage comes from, for a sentence. */
export function describeSource(password: DeclaredPassword | null): string {
  switch (password?.source) {
    case "secrets-manager":
      return "its password comes from a secret that RDS does not manage or rotate";
    case "ssm":
      return "its password comes from a parameter of Systems Manager";
    case "parameter-hidden":
      return `its password is the parameter ${password.name}`;
    case "write-only":
      return "its password is a write-only argument, which Terraform does not store and RDS does not rotate";
    case "reference":
      return `its password comes from ${password.name ?? "another resource"}`;
    default:
      return "";
  }
}
