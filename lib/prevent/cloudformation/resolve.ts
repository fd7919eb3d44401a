import { get, isRecord, textOf } from "../json-value.ts";
import type { Parameter } from "./parameters.ts";
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
    Ref: (name) => resolveRef(textOf(name)),
    "Fn::If": (argument, depth) => {
      const [condition, yes, no] = Array.isArray(argument) ? argument : [];
      const verdict = evaluateNamed(textOf(condition), depth);
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
      return Array.isArray(parts) ? is(parts.map(textOf).join(textOf(separator))) : within(parts);
    },
    "Fn::Select": (argument, depth) => {
      const [index, list] = Array.isArray(argument) ? argument : [];
      const parts = resolveList(list, depth);
      const at = resolve(index, depth);
      if (!Array.isArray(parts)) return within(parts);
      return at.kind === "value" && Number(at.value) in parts ? is(parts[Number(at.value)]) : unresolved("Fn::Select");
    },
    "Fn::Split": (argument, depth) => {
      const [separator, text] = Array.isArray(argument) ? argument : [];
      const whole = resolve(text, depth);
      return whole.kind === "value" ? is(textOf(whole.value).split(textOf(separator))) : within(whole);
    },
    "Fn::FindInMap": (argument, depth) => {
      const keys = (Array.isArray(argument) ? argument.slice(0, 3) : []).map((key) => resolve(key, depth));
      const found = combine(keys.map(listOptions)).map(([map, first, second]) =>
        get(get(get(get(root, "Mappings"), textOf(map)), textOf(first)), textOf(second)),
      );
      const missing = keys.find(({ kind }) => kind === "unresolved");
      if (found.length === 0 || found.includes(undefined)) return within(missing ?? unresolved("Fn::FindInMap"));
      return missing?.kind === "unresolved" && found.length > 1 ? { ...missing, options: found.map(is) } : is(found[0]);
    },
    "Fn::GetAtt": (argument) => {
      const [resource, attribute] = Array.isArray(argument) ? argument.map(textOf) : [textOf(argument)];
      return unresolved(`${attribute ?? "an attribute"} of ${resource}`, { resource: resource ?? "" });
    },
    "Fn::ImportValue": () => unresolved("a value that another stack exports"),
  };

  function resolveRef(name: string): Resolved {
    if (name === "AWS::NoValue") return { kind: "absent" };
    if (name === "AWS::Region")
      return target.region === null ? unresolved("the Region of the stack") : is(target.region);
    if (name === "AWS::AccountId")
      return target.account === null ? unresolved("the account of the stack") : is(target.account);
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
    const [only, ...others] = parameter.allowed ?? [];
    if (only !== undefined && others.length === 0) return is(only);
    return parameter.allowed === null ? unresolved(why) : unresolved(why, { options: parameter.allowed.map(is) });
  }

  function resolveList(list: unknown, depth: number): unknown[] | Resolved {
    const whole = resolve(list, depth);
    if (whole.kind !== "value") return whole;
    const items = Array.isArray(whole.value) ? whole.value : textOf(whole.value).split(",");
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
      if (value.kind === "value") return textOf(value.value);
      missing ??= value.kind === "absent" ? unresolved(name) : within(value);
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
    if (name === "Condition") return evaluateNamed(textOf(argument), depth + 1);
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
      return one?.kind === "value" && other?.kind === "value" ? textOf(one.value) === textOf(other.value) : null;
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

/** The values that an argument can have do not say what the function makes of them. */
function within(argument: Resolved): Resolved {
  return argument.kind === "unresolved" ? { ...argument, options: null } : argument;
}

/** What a key can be; empty if it can be anything. */
function listOptions(resolved: Resolved): readonly unknown[] {
  if (resolved.kind === "value") return [resolved.value];
  return resolved.kind === "unresolved" ? (resolved.options ?? []).flatMap(listOptions) : [];
}

/** Every combination of one option each; empty if there are more than a hundred. */
function combine(lists: readonly (readonly unknown[])[]): readonly (readonly unknown[])[] {
  return lists.reduce<readonly (readonly unknown[])[]>(
    (all, list) => (all.length * list.length > 100 ? [] : all.flatMap((one) => list.map((value) => [...one, value]))),
    [[]],
  );
}
