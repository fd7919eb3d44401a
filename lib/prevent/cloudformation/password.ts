import { get, isRecord, textOf } from "../json-value.ts";
import type { DeclaredPassword } from "../templates/declaration.ts";
import type { Resolver } from "./resolve.ts";

/** Worst first: of several possible sources, the worst is reported. */
const ranked: readonly DeclaredPassword["source"][] = [
  "literal",
  "parameter-default",
  "parameter-file",
  "parameter-shown",
  "ssm",
  "parameter-hidden",
  "reference",
  "secrets-manager",
];

/** Where a `MasterUserPassword` comes from; null if there is none. Never has the value itself. Total. */
export function findPasswordSource(value: unknown, resolver: Resolver, depth = 0): DeclaredPassword | null {
  if (value === undefined || value === null || value === "" || depth > 20) return null;
  if (typeof value !== "object") return ofText(textOf(value));
  if (!isRecord(value)) return { source: "reference", name: null };
  const [name = ""] = Object.keys(value);
  const argument = value[name];
  const list = Array.isArray(argument) ? argument : [argument];
  const worstOf = (values: readonly unknown[]) =>
    worst(values.map((one) => findPasswordSource(one, resolver, depth + 1)));
  switch (name) {
    case "Ref":
      return ofRef(textOf(argument), resolver);
    case "Fn::If": {
      const resolved = resolver.resolve(value);
      if (resolved.kind === "absent") return null;
      return worstOf(
        resolved.kind === "unresolved" && resolved.options !== null ? list.slice(1) : [chosen(list, resolver)],
      );
    }
    case "Fn::Sub": {
      const [text, variables] = list;
      return ofParts(
        textOf(text),
        [...textOf(text).matchAll(/\$\{([^!}]+)\}/g)].map(([, inner = ""]) => get(variables, inner) ?? { Ref: inner }),
        resolver,
        depth,
      );
    }
    case "Fn::Join": {
      const parts = Array.isArray(list[1]) ? list[1] : [list[1]];
      const texts = parts.filter((part) => typeof part === "string").join("");
      return ofParts(
        texts,
        parts.filter((part) => typeof part === "object"),
        resolver,
        depth,
      );
    }
    case "Fn::FindInMap":
    case "Fn::Select":
      return resolver.resolve(value).kind === "value"
        ? { source: "literal", name: null }
        : { source: "reference", name };
    case "Fn::GetAtt":
      return { source: "reference", name: textOf(list[0]) };
    default:
      return { source: "reference", name: name.replace("Fn::ImportValue", "another stack") || null };
  }
}

/** The branch that a condition chooses. */
function chosen(list: readonly unknown[], resolver: Resolver): unknown {
  const first = resolver.resolve({ "Fn::If": [list[0], "yes", "no"] });
  return first.kind === "value" && first.value === "no" ? list[2] : list[1];
}

function ofText(text: string): DeclaredPassword {
  const [, service] = /\{\{resolve:([\w-]+):/.exec(text) ?? [];
  if (service === "secretsmanager") return { source: "secrets-manager", name: null };
  return service === undefined ? { source: "literal", name: null } : { source: "ssm", name: null };
}

/** A text with parts that are not texts. */
function ofParts(text: string, parts: readonly unknown[], resolver: Resolver, depth: number): DeclaredPassword | null {
  if (/\{\{resolve:/.test(text)) return ofText(text);
  if (parts.length === 0) return text === "" ? null : { source: "literal", name: null };
  return worst(parts.map((part) => findPasswordSource(part, resolver, depth + 1)));
}

function ofRef(name: string, { parameters, resolve }: Resolver): DeclaredPassword | null {
  if (name === "AWS::NoValue") return null;
  const parameter = parameters.get(name);
  if (parameter === undefined) return { source: "reference", name };
  const { given, noEcho, isStored } = parameter;
  if (isStored) return { source: "ssm", name };
  if (given !== undefined && given !== "") return sourceOfValue(given, { source: "parameter-file", name });
  const value = parameter.default;
  if (value !== undefined && value !== "" && resolve({ Ref: name }).kind === "value")
    return sourceOfValue(value, { source: "parameter-default", name });
  return { source: noEcho ? "parameter-hidden" : "parameter-shown", name };
}

/** A parameter can hold a dynamic reference. */
function sourceOfValue(value: unknown, ifText: DeclaredPassword): DeclaredPassword {
  const source = ofText(textOf(value));
  return source.source === "literal" ? ifText : source;
}

function worst(sources: readonly (DeclaredPassword | null)[]): DeclaredPassword | null {
  const found = sources.filter((source) => source !== null);
  return found.toSorted((a, b) => ranked.indexOf(a.source) - ranked.indexOf(b.source))[0] ?? null;
}
