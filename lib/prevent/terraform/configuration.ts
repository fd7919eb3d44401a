import { get, isRecord } from "../json-value.ts";

/** The configuration of one resource in a plan: what its arguments are written as. */
export type ResourceConfiguration = {
  /** True if the plan has the configuration at all. */
  readonly isKnown: boolean;
  readonly has: (argument: string) => boolean;
  /** What an argument refers to, followed through the variables of modules, as in `random_password.db.result`; empty for a constant. */
  readonly references: (argument: string) => readonly string[];
  readonly isConstant: (argument: string) => boolean;
};

const maxModules = 50;

/** Finds the configuration of a resource by its type, its name and the address of its module. Total. */
export function findConfiguration(
  plan: unknown,
  moduleAddress: string,
  type: string,
  name: string,
): ResourceConfiguration {
  const root = get(get(plan, "configuration"), "root_module");
  const modules = pathOf(root, moduleNames(moduleAddress));
  const resources = get(modules.at(-1)?.module, "resources");
  const resource = Array.isArray(resources)
    ? resources.find((one) => get(one, "type") === type && get(one, "name") === name)
    : undefined;
  const expression = (argument: string) => get(get(resource, "expressions"), argument);
  return {
    isKnown: resource !== undefined,
    has: (argument) => expression(argument) !== undefined,
    references: (argument) => follow(expression(argument), modules),
    isConstant: (argument) => isConstant(expression(argument), modules),
  };
}

/** The default of a variable of the root module; undefined if it has none. */
export function defaultOf(plan: unknown, variable: string): unknown {
  const variables = get(get(get(plan, "configuration"), "root_module"), "variables");
  return get(get(variables, variable.replace(/^var\./, "")), "default");
}

type Module = { readonly module: unknown; readonly call: unknown };

/** The modules from the root to the one that these names lead to. */
function pathOf(root: unknown, names: readonly string[]): readonly Module[] {
  const modules: Module[] = [{ module: root, call: undefined }];
  for (const name of names.slice(0, maxModules)) {
    const call = get(get(modules.at(-1)?.module, "module_calls"), name);
    modules.push({ call, module: get(call, "module") });
  }
  return modules;
}

/** `module.a[0].module.b["x.y"]` leads through a and b. */
function moduleNames(address: string): readonly string[] {
  return [...address.matchAll(/(?:^|\.)module\.([\w-]+)(?:\[(?:\d+|"(?:[^"\\]|\\.)*")\])?/g)].map(
    ([, name = ""]) => name,
  );
}

/** References of an expression. A variable of a module is what its call gives it. */
function follow(expression: unknown, modules: readonly Module[]): readonly string[] {
  const references = listReferences(expression);
  return references.flatMap((reference) => {
    const [, variable] = /^var\.([\w-]+)/.exec(reference) ?? [];
    const call = modules.at(-1)?.call;
    if (variable === undefined || call === undefined) return [reference];
    const given = get(get(call, "expressions"), variable);
    const outer = follow(given, modules.slice(0, -1));
    return outer.length > 0 ? outer : [reference];
  });
}

function isConstant(expression: unknown, modules: readonly Module[]): boolean {
  if (get(expression, "constant_value") !== undefined) return true;
  const references = listReferences(expression);
  const call = modules.at(-1)?.call;
  const [, variable] = /^var\.([\w-]+)$/.exec(references[0] ?? "") ?? [];
  if (references.length !== 1 || variable === undefined || call === undefined) return false;
  return isConstant(get(get(call, "expressions"), variable), modules.slice(0, -1));
}

function listReferences(expression: unknown): readonly string[] {
  const references = isRecord(expression) ? expression.references : undefined;
  return Array.isArray(references) ? references.filter((one) => typeof one === "string") : [];
}
