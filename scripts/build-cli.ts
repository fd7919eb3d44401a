/** Bundles the command line for the npm package, because Node.js does not strip types in node_modules. */
import { chmodSync } from "node:fs";
import { build } from "esbuild";
import packageJson from "../package.json" with { type: "json" };

const outfile = "dist/rds-password-audit.js";

const { node } = packageJson.engines;
const oldestMajor = Number(/\d+/.exec(node)?.[0]);

/** The package runs on the user's Node.js. If that is too old, this says so instead of failing on an import or on syntax. */
const guard = `if (Number(process.versions.node.split(".")[0]) < ${oldestMajor}) {
  process.stderr.write("rds-password-audit needs Node.js ${node}. This is " + process.version + ".\\n");
  process.exit(4);
}`;

await build({
  entryPoints: ["cli/main.ts"],
  outfile,
  bundle: true,
  packages: "external",
  platform: "node",
  format: "esm",
  target: `node${oldestMajor}`,
  banner: { js: guard },
});
chmodSync(outfile, 0o755);
