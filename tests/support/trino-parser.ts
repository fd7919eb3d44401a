import { mkdtempSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";

/** What the grammar of Trino, the engine of Amazon Athena, says against a query. Empty if it accepts it. */
export function createTrinoParser(): (query: string) => readonly string[] {
  // The package is written for bundlers: Node.js does not resolve its imports.
  const outfile = join(mkdtempSync(join(tmpdir(), "rds-password-audit-")), "trino.cjs");
  const contents = 'export { TrinoSQL } from "dt-sql-parser/dist/parser/trino"';
  buildSync({ stdin: { contents, resolveDir: "." }, bundle: true, format: "cjs", platform: "node", outfile });
  const { TrinoSQL } = createRequire(import.meta.url)(outfile);
  return (query) =>
    new TrinoSQL()
      .validate(query)
      .map(({ startLine, message }: { startLine: number; message: string }) => `line ${startLine}: ${message}`);
}
