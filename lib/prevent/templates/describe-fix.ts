import { kindNames } from "../../model/database.ts";
import { cdkNames, type SettingNames } from "../../patches/settings.ts";
import type { DeclaredDatabase } from "./declaration.ts";

/**
 * What to change so that RDS manages the password of a declared database, with one of the required keys, in the words of the tool that its file
 * belongs to.
 */
export function describeFix(declared: DeclaredDatabase, engine: string, required: readonly string[]): string {
  const own =
    declared.path === null ? fixResource(declared, required) : fixConstruct(declared, declared.path, required);
  return [own, ...fixOthers(declared, engine)].join(" ");
}

/** What to change in the resource of a template or a configuration. */
function fixResource(declared: DeclaredDatabase, required: readonly string[]): string {
  const { name, names, line, lineOf, managed, password } = declared;
  const at = (property: keyof SettingNames) => (lineOf(property) === null ? "" : ` (line ${lineOf(property)})`);
  const inLine = line === null ? "" : ` (line ${line})`;
  const turnOn =
    managed.options[0] === null ? `Add ${names.turnOn} to ${name}${inLine}` : `Set ${names.turnOn}${at("managed")}`;
  const removed =
    password?.source === "write-only" ? `${names.password}_wo and ${names.password}_wo_version` : names.password;
  const remove = password === null ? "" : ` and remove ${removed}${at("password")}`;
  return `${turnOn}${describeKey(declared, names, required)}${remove}.`;
}

/** What to change in the CDK application. The name of an L2 construct's own resource is Resource. */
function fixConstruct(declared: DeclaredDatabase, path: string, required: readonly string[]): string {
  const construct = path.replace(/\/Resource$/, "");
  const key = describeKey(declared, cdkNames, required);
  return construct === path
    ? `Set ${cdkNames.turnOn}${key} in the construct ${path} and remove ${cdkNames.password}.`
    : `Set ${cdkNames.turnOn}${key} in the construct ${construct}, with credentials that have only a user name and a key, as Credentials.fromUsername makes them.`;
}

/** The key to set along with management: RDS does not change it later. */
function describeKey({ key }: DeclaredDatabase, names: SettingNames, required: readonly string[]): string {
  const [declared] = key.options;
  const first = required.find((one) => one !== "customer-managed");
  if (first === "aws-managed" || required.length === 0 || declared?.reference === first) return "";
  if (first !== undefined) return `, with ${names.key} ${first},`;
  return declared?.manager === "AWS" ? `, with a customer managed key as ${names.key},` : "";
}

/** What else has to go. */
function fixOthers({ kind, replicas, rotations, path }: DeclaredDatabase, engine: string): readonly string[] {
  return [
    ...(rotations.length > 0 && path === null
      ? [`Remove ${rotations.join(" and ")} too, which would change the password without RDS.`]
      : []),
    ...(replicas.length > 0 && !engine.startsWith("sqlserver")
      ? [
          `RDS creates no read replica of a managed database, so ${replicas.join(", ")} cannot be created then: remove it, or exempt the ${kindNames[kind]}.`,
        ]
      : []),
  ];
}
