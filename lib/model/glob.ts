import picomatch from "picomatch";

/** `bash` lets `*` match across the slash of a tenant database's identifier, `container/tenant`. */
const options = { bash: true, dot: true, nocase: true, strictBrackets: true, nonegate: true };

/** Whether a text is a usable glob: `*`, `?`, `[ab]` and `{a,b}`, all brackets closed. */
export function isGlob(glob: string): boolean {
  try {
    picomatch(glob, options);
    return glob !== "";
  } catch {
    return false;
  }
}

/** Whether a name matches a glob, upper and lower case alike. */
export function matchesGlob(name: string, glob: string): boolean {
  return picomatch.isMatch(name, glob, options);
}
