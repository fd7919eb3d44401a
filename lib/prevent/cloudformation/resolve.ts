import type { Parameter } from "./parameters.ts";
import { get, isRecord } from "../json-value.ts";
import type { Template } from "./parse-template.ts";

/** What a value is when the stack is deployed: a value, nothing (`AWS::NoValue`), or not known before. */
export type Resolved =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "absent" }
  | {
      readonly kind: "unresolved";
      readonly why: string;
      /** What it can be; null if it can be anything, but is set. */
      readonly options: readonly Resolved[] | null;
      /** Logical ID of the resource that it refers to. */
      readonly resource?: string;
    };

export type Resolver = {
  readonly resolve: (value: unknown) => Resolved;
  /** Names of the parameters whose defaults were taken since the last call. */
  readonly takeAssumed: () => readonly string[];
  readonly parameters: ReadonlyMap<string, Parameter>;
};

/** The account and Region of a stack, where known. */
export type StackTarget = { readonly account: string | null; readonly region: string | null };

const maxDepth = 100;

const is = (value: unknown): Resolved => ({ kind: "value", value });
const unresolved = (why: string, more: { options?: readonly Resolved[]; resource?: string } = {}): Resolved => ({
  kind: "unresolved",
  why,
  options: null,
  ...more,
});

/** Resolves the intrinsic functions of a template as far as its parameters, mappings and conditions allow. Total: never throws. */
export function createResolver(
  { root }: Template,
  parameters: ReadonlyMap<string, Parameter>,
  target: StackTarget,
): Resolver {
  const assumed = new Set<string>();
  const openConditions = new Set<string>();

  function resolve(value: unknown, depth = 0): Resolved {
    if (depth > maxDepth) return unresolved("functions are nested too deeply");
    if (!isRecord(value)) return is(value);
    const keys = Object.keys(value);
    const [name = ""] = keys;
    if (keys.length !== 1 || !(name === "Ref" || name.startsWith("Fn::"))) return is(value);
    const of = functions[name];
    return of === undefined ? unresolved(name) : of(value[name], depth + 1);
  }

  const functions: Readonly<Record<string, (argument: unknown, depth: number) => Resolved>> = {
    Ref: (name) => resolveRef(String(name)),
    "Fn::If": (argument, depth) => {
      const [condition, yes, no] = Array.isArray(argument) ? argument : [];
      const verdict = evaluateNamed(String(condition), depth);
      if (verdict !== null) return resolve(verdict ? yes : no, depth);
      return unresolved(`the condition ${condition}`, { options: [resolve(yes, depth), resolve(no, depth)] });
    },
    "Fn::Sub": (argument, depth) => {
      const [text, variables] = Array.isArray(argument) ? argument : [argument, {}];
      if (typeof text !== "string") return unresolved("Fn::Sub");
      return substitute(text, variables, depth);
    },
    "Fn::Join": (argument, depth) => {
      const [separator, list] = Array.isArray(argument) ? argument : [];
      const parts = resolveList(list, depth);
      return Array.isArray(parts) ? is(parts.map(String).join(String(separator))) : parts;
    },
    "Fn::Select": (argument, depth) => {
      const [index, list] = Array.isArray(argument) ? argument : [];
      const parts = resolveList(list, depth);
      const at = resolve(index, depth);
      if (!Array.isArray(parts)) return parts;
      return at.kind === "value" && Number(at.value) in parts ? is(parts[Number(at.value)]) : unresolved("Fn::Select");
    },
    "Fn::Split": (argument, depth) => {
      const [separator, text] = Array.isArray(argument) ? argument : [];
      const whole = resolve(text, depth);
      return whole.kind === "value" ? is(String(whole.value).split(String(separator))) : whole;
    },
    "Fn::FindInMap": (argument, depth) => {
      const [map, first, second] = Array.isArray(argument) ? argument.map((one) => resolve(one, depth)) : [];
      const missing = [map, first, second].find((one) => one?.kind !== "value");
      if (missing !== undefined) return missing;
      const [a, b, c] = [map, first, second].map((one) => (one?.kind === "value" ? String(one.value) : ""));
      const found = get(get(get(get(root, "Mappings"), a ?? ""), b ?? ""), c ?? "");
      return found === undefined ? unresolved("Fn::FindInMap") : is(found);
    },
    "Fn::GetAtt": (argument) => {
      const [resource, attribute] = Array.isArray(argument) ? argument.map(String) : [String(argument)];
      return unresolved(`${attribute ?? "an attribute"} of ${resource}`, { resource: resource ?? "" });
    },
    "Fn::ImportValue": () => unresolved("a value that another stack exports"),
  };

  function resolveRef(name: string): Resolved {
    if (name === "AWS::NoValue") return { kind: "absent" };
    if (name === "AWS::Region") return target.region === null ? unresolved("the Region of the stack") : is(target.region);
    if (name === "AWS::AccountId") return target.account === null ? unresolved("the account of the stack") : is(target.account);
    if (name.startsWith("AWS::")) return unresolved(name);
    const parameter = parameters.get(name);
    if (parameter === undefined)
      return isRecord(get(get(root, "Resources"), name))
        ? unresolved(`the resource ${name}`, { resource: name })
        : unresolved(`${name}, which the template does not declare`);
    if (parameter.isStored) return unresolved(`the parameter ${name}, whose value is in Systems Manager`);
    if (parameter.given !== undefined) return is(parameter.given);
    if (parameter.default !== undefined) {
      assumed.add(name);
      return is(parameter.default);
    }
    const why = `the parameter ${name}`;
    return parameter.allowed === null ? unresolved(why) : unresolved(why, { options: parameter.allowed.map(is) });
  }

  function resolveList(list: unknown, depth: number): unknown[] | Resolved {
    const whole = resolve(list, depth);
    if (whole.kind !== "value") return whole;
    const items = Array.isArray(whole.value) ? whole.value : String(whole.value).split(",");
    const parts = items.map((item) => resolve(item, depth)).filter(({ kind }) => kind !== "absent");
    const missing = parts.find(({ kind }) => kind === "unresolved");
    return missing ?? parts.map((part) => (part.kind === "value" ? part.value : null));
  }

  function substitute(text: string, variables: unknown, depth: number): Resolved {
    let missing: Resolved | null = null;
    const filled = text.replaceAll(/\$\{([^!}][^}]*)\}/g, (_, name: string) => {
      const own = get(variables, name.trim());
      const value =
        own !== undefined
          ? resolve(own, depth)
          : name.includes(".")
            ? unresolved(`\${${name}}`, { resource: name.trim().split(".")[0] ?? "" })
            : resolveRef(name.trim());
      if (value.kind === "value") return String(value.value);
      missing ??= value.kind === "absent" ? unresolved(name) : { ...value, options: null };
      return "";
    });
    return missing ?? is(filled.replaceAll("${!", "${"));
  }

  /** True or false; null if it is not known. */
  function evaluate(condition: unknown, depth: number): boolean | null {
    if (depth > maxDepth || !isRecord(condition)) return typeof condition === "boolean" ? condition : null;
    const [name = ""] = Object.keys(condition);
    const argument = condition[name];
    const list = Array.isArray(argument) ? argument : [argument];
    if (name === "Condition") return evaluateNamed(String(argument), depth + 1);
    if (name === "Fn::Not") {
      const verdict = evaluate(list[0], depth + 1);
      return verdict === null ? null : !verdict;
    }
    if (name === "Fn::And" || name === "Fn::Or") {
      const verdicts = list.map((one) => evaluate(one, depth + 1));
      const decisive = name === "Fn::Or";
      if (verdicts.includes(decisive)) return decisive;
      return verdicts.includes(null) ? null : !decisive;
    }
    if (name === "Fn::Equals") {
      const [one, other] = list.map((side) => resolve(side, depth + 1));
      return one?.kind === "value" && other?.kind === "value" ? toText(one.value) === toText(other.value) : null;
    }
    return null;
  }

  function evaluateNamed(name: string, depth: number): boolean | null {
    if (openConditions.has(name)) return null;
    openConditions.add(name);
    const verdict = evaluate(get(get(root, "Conditions"), name), depth);
    openConditions.delete(name);
    return verdict;
  }

  return {
    resolve: (value) => resolve(value),
    takeAssumed: () => {
      const names = [...assumed];
      assumed.clear();
      return names;
    },
    parameters,
  };
}

function toText(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
