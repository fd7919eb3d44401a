import type { Ignorer } from "@stryker-mutator/api/ignore";
import { declareValuePlugin, PluginKind } from "@stryker-mutator/api/plugin";

/** Properties that hold prose, links and dates: no test should repeat them word for word. */
const prose = new Set(["title", "rationale", "references", "text", "remedy", "says", "source", "asOf"]);

/** What is used of Babel's path; Stryker's type for it is empty. */
type Path = {
  isObjectProperty(): boolean;
  isFunction(): boolean;
  findParent(is: (parent: Path) => boolean): Path | null;
  readonly node: { readonly key: { readonly name?: string } };
};

/** Only the text itself is left alone: a message id in `return { says: "off" }` is a verdict, not prose. */
const ignorer: Ignorer = {
  shouldIgnore(nodePath) {
    const path = nodePath as unknown as Path;
    if (!path.isObjectProperty()) return undefined;
    const { name } = path.node.key;
    if (name === undefined || !prose.has(name)) return undefined;
    const isVerdict = name === "says" && path.findParent((parent) => parent.isFunction()) !== null;
    return isVerdict ? undefined : "it is prose";
  },
};

export const strykerPlugins = [declareValuePlugin(PluginKind.Ignore, "leave-prose", ignorer)];
