import type { ReportOptions } from "../lib/report/text/reporter.ts";
import type { Io, OutputStream } from "./io.ts";

/** Lines of this length are read well where nobody says how wide the paper is. */
const defaultWidth = 100;

/** How wide a stream is and whether it shows colours. A file (null) shows none, and is as wide as COLUMNS or the default. */
export function terminalOf(
  stream: OutputStream | null,
  { env }: Pick<Io, "env">,
): Pick<ReportOptions, "width" | "color"> {
  const columns = stream?.isTTY === true ? stream.columns : Number(env.COLUMNS);
  return { width: columns === undefined || !(columns > 0) ? defaultWidth : columns, color: hasColor(stream, env) };
}

/** FORCE_COLOR (https://force-color.org) wins over NO_COLOR (https://no-color.org), as in Node.js itself. */
function hasColor(stream: OutputStream | null, env: Io["env"]): boolean {
  if (stream === null) return false;
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== "0" && env.FORCE_COLOR !== "false";
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== "") return false;
  return stream.isTTY === true && env.TERM !== "dumb";
}
