import { quote } from "../lib/model/aws-cli.ts";
import type { Io } from "./io.ts";

/** The command that starts the program here, for printed command lines: in a checkout, npm starts it. */
export function commandNameOf({ env }: Pick<Io, "env">): string {
  return env.npm_lifecycle_event === undefined ? "rds-password-audit" : "npm run --silent cli --";
}

/** The command line as a shell takes it, without the program. */
export function describeCommand({ argv = [] }: Pick<Io, "argv">): string {
  return argv.map(quote).join(" ");
}
