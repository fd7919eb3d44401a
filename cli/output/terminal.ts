import type { ReportOptions } from "../../lib/report/text/reporter.ts";
import type { Io, OutputStream } from "../io.ts";

/** Width in columns when it is unknown. */
const defaultWidth = 100;

/** Width and color of a stream. A file (null) has no color, and the width of COLUMNS or the default. */
export function terminalOf(
  stream: OutputStream | null,
  { env }: Pick<Io, "env">,
): Pick<ReportOptions, "width" | "color"> {
  const columns = stream?.isTTY === true ? stream.columns : Number(env.COLUMNS);
  return { width: columns === undefined || !(columns > 0) ? defaultWidth : columns, color: hasColor(stream, env) };
}

/** FORCE_COLOR (https://force-color.org) overrides NO_COLOR (https://no-color.org), as in Node.js. */
function hasColor(stream: OutputStream | null, env: Io["env"]): boolean {
  if (stream === null) return false;
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== "0" && env.FORCE_COLOR !== "false";
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== "") return false;
  return stream.isTTY === true && env.TERM !== "dumb";
}
