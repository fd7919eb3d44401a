import type { Io } from "./io.ts";

/** The command that starts the program here, for printed command lines: in a checkout, npm starts it. */
export function commandNameOf({ env }: Pick<Io, "env">): string {
  return env.npm_lifecycle_event === undefined ? "rds-password-audit" : "npm run --silent cli --";
}
