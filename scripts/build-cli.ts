/** Bundles the command line for the package that npm gets: Node does not strip types in node_modules. */
import { chmodSync } from "node:fs";
import { build } from "esbuild";

const outfile = "dist/rds-password-audit.js";

/** A checkout brings its own Node; the package runs on the user's, and what is too old for it should be told so. */
const guard = `if (Number(process.versions.node.split(".")[0]) < 22) {
  process.stderr.write("rds-password-audit needs Node 22 or newer; this is " + process.version + ".\\n");
  process.exit(4);
}`;

await build({
  entryPoints: ["cli/main.ts"],
  outfile,
  bundle: true,
  packages: "external",
  platform: "node",
  format: "esm",
  target: "node22",
  banner: { js: guard },
});
chmodSync(outfile, 0o755);
