/**
 * Builds the npm package in `dist`, for `npm publish ./dist`: the command line as bundles, because Node.js does not strip types in
 * node_modules, and the documents. The package has no dependencies.
 */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { build } from "esbuild";
import packageJson from "../package.json" with { type: "json" };

/** Another folder for tests. */
const outdir = process.argv[2] ?? "dist";
const { name, version, description, license, type, engines, keywords } = packageJson;
const { node } = engines;
const oldestMajor = Number(/\d+/.exec(node)?.[0]);

/** The command itself: says that Node.js is too old instead of failing on the syntax of the bundle. */
const launcher = `#!/usr/bin/env node
import module from "node:module";
if (Number(process.versions.node.split(".")[0]) < ${oldestMajor}) {
  process.stderr.write("rds-password-audit needs Node.js ${node}. This is " + process.version + ".\\n");
  process.exit(4);
}
// Node.js keeps the compiled code in the folder for temporary files.
module.enableCompileCache?.();
import("./main.js");
`;

rmSync(outdir, { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: ["cli/main.ts"],
  outdir,
  bundle: true,
  minify: true,
  // A command loads only the code that it needs.
  splitting: true,
  platform: "node",
  mainFields: ["module", "main"],
  format: "esm",
  target: `node${oldestMajor}`,
  // Libraries in CommonJS call require for modules of Node.js, and one names a temporary file after its own.
  banner: {
    js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url); const __filename = import.meta.filename;',
  },
  metafile: true,
});
writeFileSync(`${outdir}/rds-password-audit.js`, launcher, { mode: 0o755 });

const manifest = {
  name,
  version,
  description,
  license,
  type,
  engines,
  keywords,
  bin: { [name]: "rds-password-audit.js" },
};
writeFileSync(`${outdir}/package.json`, `${JSON.stringify(manifest, null, 2)}\n`);
for (const path of [
  "README.md",
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  "LICENSE",
  "deploy/member-events.yaml",
  "deploy/member-role.yaml",
  "deploy/member-repair-role.yaml",
  "docs",
])
  cpSync(path, `${outdir}/${path}`, { recursive: true });

const libraries = new Set(
  Object.keys(metafile.inputs).flatMap((path) => /.*node_modules\/(@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []),
);
writeFileSync(
  `${outdir}/THIRD-PARTY-NOTICES.txt`,
  [...libraries]
    .sort()
    .map(toNotice)
    .join(`\n${"-".repeat(80)}\n\n`),
);

/** The name, version and license of a library, and the texts of its license and notice files. */
function toNotice(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file));
  return `${name} ${version}, license: ${license}\n\n${files.map((file) => readFileSync(`${folder}/${file}`, "utf8")).join("\n")}`;
}
