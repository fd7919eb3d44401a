import { isCollection, isMap, isScalar, type Pair } from "yaml";
import { isTrue } from "../cloudformation/parameters.ts";
import { get, isRecord, textOf } from "../json-value.ts";
import { endOf, startOf } from "./edit-mapping.ts";
import { parseEditable } from "./edit-template.ts";

/** Keys whose values are taken for secrets, whatever they are for. */
const secretKey = /passw|secretstring|token/i;

/** Shorter texts are no passwords: RDS takes at least eight characters, and a part of one may be a parameter's name. */
const minCharacters = 4;

/**
 * The lines of a template, from 0, that have or may have a password in plain text. A diff must not show them, not even around a change. Takes the
 * template as text and as values.
 */
export function findHiddenLines(source: string, root: unknown): ReadonlySet<number> {
  const lines = source.split("\n");
  const hidden = new Set<number>();
  const passwords = [...new Set(listPasswords(root))];
  for (const [index, line] of lines.entries())
    if (passwords.some((password) => line.includes(password))) hidden.add(index);
  for (const pair of listSecretPairs(parseEditable(source))) {
    const first = source.slice(0, startOf(pair)).split("\n").length - 1;
    const count = source.slice(startOf(pair), endOf(pair, source)).split("\n").length;
    for (let line = first; line < first + count; line += 1) hidden.add(line);
  }
  return hidden;
}

/** Entries whose key says that the value is secret, and whose value is written out. Defaults of parameters have the key of the parameter. */
function listSecretPairs(node: unknown, name = ""): readonly Pair[] {
  if (!isCollection(node)) return [];
  if (!isMap(node)) return node.items.flatMap((item) => listSecretPairs(item, name));
  return node.items.flatMap((pair) => {
    const key = isScalar(pair.key) ? String(pair.key.value) : "";
    const isSecret = secretKey.test(key) || (key === "Default" && secretKey.test(name));
    return isSecret && hasText(pair.value) ? [pair] : listSecretPairs(pair.value, key);
  });
}

/** True for a text that is neither empty nor the name in a function. */
function hasText(node: unknown): boolean {
  if (!isScalar(node)) return false;
  const isFunction = node.tag?.startsWith("!") === true && node.tag !== "!Sub";
  const text = textOf(node.value);
  return !isFunction && text.length >= minCharacters && isPlain(text);
}

/** Every text that is, or is a part of, a secret: what has a secret key, and the default of a parameter with NoEcho. */
function listPasswords(root: unknown): readonly string[] {
  const parameters = Object.values(get(root, "Parameters") ?? {}).filter((one) => isTrue(get(one, "NoEcho")));
  const found = [...listSecretValues(root), ...parameters.map((one) => get(one, "Default"))];
  return found.flatMap((value) => listTexts(value, root)).filter((text) => text.length >= minCharacters);
}

function listSecretValues(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value.flatMap(listSecretValues);
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    secretKey.test(key) && !isSettings(inner) ? [inner] : listSecretValues(inner),
  );
}

/** True for a mapping that is not a function, such as a parameter, or what Secrets Manager generates. */
function isSettings(value: unknown): boolean {
  return isRecord(value) && !Object.keys(value).some((key) => key === "Ref" || key.startsWith("Fn::"));
}

/** The texts of an expression, without the names of what it refers to. */
function listTexts(value: unknown, root: unknown, depth = 0): readonly string[] {
  if (depth > 50 || value === undefined || value === null) return [];
  if (typeof value !== "object") return splitLines(textOf(value));
  if (Array.isArray(value)) return value.flatMap((one) => listTexts(one, root, depth + 1));
  return Object.entries(value).flatMap(([name, argument]): readonly string[] => {
    const [first, ...rest] = Array.isArray(argument) ? argument : [argument];
    switch (name) {
      case "Ref":
        return listTexts(get(get(get(root, "Parameters"), textOf(first)), "Default"), root, depth + 1);
      case "Fn::GetAtt":
      case "Fn::ImportValue":
        return [];
      case "Fn::If":
        return listTexts(rest, root, depth + 1);
      case "Fn::FindInMap":
        return listTexts(get(get(root, "Mappings"), textOf(first)), root, depth + 1);
      case "Fn::Sub":
        return [
          ...textOf(first)
            .split(/\$\{[^}]*\}/)
            .flatMap(splitLines),
          ...listTexts(rest, root, depth + 1),
        ];
      default:
        return listTexts(argument, root, depth + 1);
    }
  });
}

/** The lines of a text, because each can be a line of the file. */
function splitLines(text: string): readonly string[] {
  return text.split("\n").filter(isPlain);
}

/** True for what can be a password: not for dynamic references and their parts. */
function isPlain(text: string): boolean {
  return text !== "" && !/^(true|false)$/i.test(text) && !/\{\{resolve:|:SecretString:|^:.*\}\}$/.test(text);
}
