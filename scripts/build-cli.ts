/** Bundles the command line for the package that npm gets: Node does not strip types in node_modules. */
import { chmodSync } from "node:fs";
import { build } from "esbuild";

const outfile = "dist/rds-password-audit.js";

await build({
  entryPoints: ["cli/main.ts"],
  outfile,
  bundle: true,
  packages: "external",
  platform: "node",
  format: "esm",
  target: "node20",
});
chmodSync(outfile, 0o755);
