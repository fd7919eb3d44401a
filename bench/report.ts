/** Measures what it takes to render the report of 10,000 violations, as the table of a terminal and as the HTML page. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);
const rounds = 3;

/** What one rendering took: its time, the memory that the process needed on top of the report, and the size of the text. */
export type Rendering = { readonly milliseconds: number; readonly addedMebibytes: number; readonly bytes: number };

/** The slowest and largest of some renderings, each in a process of its own. */
export async function measureRendering(format: "table" | "html"): Promise<Rendering> {
  const renderings: Rendering[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const { stdout } = await run(process.execPath, [new URL("render-once.ts", import.meta.url).pathname, format]);
    renderings.push(JSON.parse(stdout));
  }
  const most = (field: keyof Rendering) => Math.max(...renderings.map((rendering) => rendering[field]));
  return { milliseconds: most("milliseconds"), addedMebibytes: most("addedMebibytes"), bytes: most("bytes") };
}
