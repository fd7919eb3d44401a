import type { Ignorer } from "@stryker-mutator/api/ignore";
import { declareValuePlugin, PluginKind } from "@stryker-mutator/api/plugin";

/** Properties that hold prose, links, and dates. No test needs to repeat them. */
const prose = new Set(["title", "rationale", "references", "text", "remedy", "explanation", "source", "asOf"]);

/** The parts of Babel's path that are used here; Stryker's type is empty. */
type Path = {
  isObjectProperty(): boolean;
  readonly node: { readonly key: { readonly name?: string } };
};

/** Skips mutations of prose. */
const ignorer: Ignorer = {
  shouldIgnore(nodePath) {
    const path = nodePath as unknown as Path;
    if (!path.isObjectProperty()) return undefined;
    const { name } = path.node.key;
    if (name === undefined || !prose.has(name)) return undefined;
    return "it is prose";
  },
};

export const strykerPlugins = [declareValuePlugin(PluginKind.Ignore, "skip-prose", ignorer)];
