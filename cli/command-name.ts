import type { Io } from "./io.ts";

/** How the program is called here: from a checkout npm calls it. */
export function commandNameOf({ env }: Pick<Io, "env">): string {
  return env.npm_lifecycle_event === undefined ? "rds-password-audit" : "npm run --silent cli --";
}
