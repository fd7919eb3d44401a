import picomatch from "picomatch";

/** `bash` lets `*` match the slash in a tenant database's identifier, `container/tenant`. `posix` makes `[!p]` all but p, not "!" or p. */
const options = { bash: true, posix: true, dot: true, nocase: true, strictBrackets: true, nonegate: true };

/** True for a valid glob: `*`, `?`, `[ab]`, `[!ab]` and `{a,b}`, with all brackets closed. */
export function isGlob(glob: string): boolean {
  try {
    picomatch(glob, options);
    return glob !== "";
  } catch {
    return false;
  }
}

/** True if a name matches a glob, without case. */
export function matchesGlob(name: string, glob: string): boolean {
  return picomatch.isMatch(name, glob, options);
}
