import { isTrue } from "../cloudformation/parameters.ts";
import type { Template } from "../cloudformation/parse-template.ts";
import { get, isRecord, textOf } from "../json-value.ts";
import type { DeclaredDatabase } from "../templates/declaration.ts";
import { NotEditable } from "./edit-mapping.ts";
import { findReferences, type Reference } from "./references.ts";
import { findAttachments, isAttachment, listSources } from "./secret-attachments.ts";
import type { TemplateChange } from "./template-change.ts";

/** The changes of a template for one database, and what to do besides. */
export type PlannedChanges = { readonly changes: readonly TemplateChange[]; readonly notes: readonly string[] };

/** A key to set, as RDS takes it; null for the default key, undefined to leave the key as it is. */
export type WantedKey = string | null | undefined;

const none: PlannedChanges = { changes: [], notes: [] };

/**
 * The changes after which RDS manages the password of a database, with the key. Nothing that replaces the database changes. Throws a NotEditable
 * if something else would have the old password then, or the change depends on what a person has to decide.
 */
export function planChanges({ root, lineOf }: Template, declared: DeclaredDatabase, key: WantedKey): PlannedChanges {
  const { name, replicas, password } = declared;
  const path = ["Resources", name, "Properties"];
  const properties = get(get(get(root, "Resources"), name), "Properties");
  if (!isRecord(properties)) throw new NotEditable("it has no Properties");
  if (Object.keys(properties).some((key) => key.startsWith("Fn::")))
    throw new NotEditable("its Properties are given by a function");
  if (replicas.length > 0)
    throw new NotEditable(
      `RDS creates no read replica of a managed database, and ${replicas.join(", ")} replicates it`,
    );
  const value = properties.MasterUserPassword;
  const at = lineOf(...path, "MasterUserPassword");
  if (password?.source === "literal")
    throw new NotEditable(
      `line ${at ?? "?"} has the password in plain text, which a diff would show: replace MasterUserPassword there by ManageMasterUserPassword: true`,
    );
  if (get(value, "Fn::If") !== undefined) throw new NotEditable("MasterUserPassword depends on a condition");
  const parts = [
    turnOn(properties.ManageMasterUserPassword, path),
    setKey(properties.MasterUserSecret, path, key),
    value === undefined ? none : { changes: [{ path: [...path, "MasterUserPassword"] }], notes: [] },
    ...listSources(value, root).map((id) => release(id, root, declared, lineOf)),
  ];
  return { changes: parts.flatMap(({ changes }) => changes), notes: parts.flatMap(({ notes }) => notes) };
}

function turnOn(value: unknown, path: readonly string[]): PlannedChanges {
  if (isTrue(value)) return none;
  if (isRecord(value)) throw new NotEditable("ManageMasterUserPassword is given by a function");
  return { changes: [{ path: [...path, "ManageMasterUserPassword"], value: true }], notes: [] };
}

function setKey(secret: unknown, path: readonly string[], key: WantedKey): PlannedChanges {
  if (key === undefined) return none;
  const present = get(secret, "KmsKeyId");
  if (isRecord(present) || (secret !== undefined && present === undefined))
    throw new NotEditable("MasterUserSecret.KmsKeyId is given by a function");
  const at = [...path, "MasterUserSecret"];
  if (key === null) return secret === undefined ? none : { changes: [{ path: at }], notes: [] };
  return present === undefined
    ? { changes: [{ path: at, value: { KmsKeyId: key } }], notes: [] }
    : { changes: [{ path: [...at, "KmsKeyId"], value: key }], notes: [] };
}

/** What becomes of a source of the old password. */
function release(id: string, root: object, declared: DeclaredDatabase, lineOf: Template["lineOf"]): PlannedChanges {
  const others = findReferences(root, id).filter(
    (path) => !isWithin(path, ["Resources", declared.name, "Properties", "MasterUserPassword"]),
  );
  return get(get(root, "Parameters"), id) === undefined
    ? releaseResource(id, others, root, declared)
    : releaseParameter(id, others, root, lineOf);
}

function releaseParameter(
  id: string,
  others: readonly Reference[],
  root: object,
  lineOf: Template["lineOf"],
): PlannedChanges {
  const users = others.filter((path) => path[0] !== "Metadata" && path[3] !== "MasterUserPassword");
  if (users.length > 0)
    throw new NotEditable(`the parameter ${id} is also used by ${describe(users)}, which would have the old password`);
  const initial = get(get(get(root, "Parameters"), id), "Default");
  const hasPassword = initial !== undefined && initial !== "" && !textOf(initial).startsWith("{{resolve:");
  if (hasPassword)
    return {
      changes: [],
      notes: [
        `Remove the parameter ${id} (line ${lineOf("Parameters", id) ?? "?"}) by hand: a diff would show its default.`,
      ],
    };
  if (others.some((path) => path[0] === "Metadata"))
    return { changes: [], notes: [`Remove the parameter ${id} by hand, also from the metadata.`] };
  if (others.length > 0) return none;
  const isLast = Object.keys(get(root, "Parameters") ?? {}).length === 1;
  return {
    changes: [{ path: isLast ? ["Parameters"] : ["Parameters", id] }],
    notes: [`Deploy without a value for the parameter ${id}.`],
  };
}

function releaseResource(
  id: string,
  others: readonly Reference[],
  root: object,
  { name }: DeclaredDatabase,
): PlannedChanges {
  const isOwn = (path: Reference) => path[1] === name && (path[3] === "MasterUsername" || path[2] === "DependsOn");
  const obsolete = findAttachments(id, root);
  const users = [...others, ...obsolete.flatMap((one) => findReferences(root, one))].filter(
    (path) => !isOwn(path) && !isAttachment(path, root),
  );
  if (users.length > 0)
    throw new NotEditable(`${id} is also used by ${describe(users)}, which would read the old password from it`);
  if (get(get(get(root, "Resources"), id), "Type") !== "AWS::SecretsManager::Secret") return none;
  const isUsed = others.some((path) => isOwn(path) && path[3] === "MasterUsername");
  return {
    changes: obsolete.map((one) => ({ path: ["Resources", one] })),
    notes: [
      isUsed
        ? `Keep the secret ${id}, because the user name comes from it, and another user name would replace the database.`
        : `Remove the secret ${id} in a later deployment, when no client reads it.`,
    ],
  };
}

function isWithin(path: Reference, prefix: readonly string[]): boolean {
  return prefix.every((key, index) => path[index] === key);
}

const sections: Readonly<Record<string, string>> = {
  Resources: "",
  Outputs: "the output ",
  Conditions: "the condition ",
};

function describe(users: readonly Reference[]): string {
  const names = users.map(([section = "", id = ""]) => (section in sections ? `${sections[section]}${id}` : section));
  return [...new Set(names)].join(", ");
}
