import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";

const run = promisify(execFile);

/** What is measured, bundled as the npm package is, so that all start alike. */
export type Programs = {
  /** The command line of the npm package. */
  readonly cli: string;
  /** read-once.ts */
  readonly readOnce: string;
  readonly folder: string;
  remove(): void;
};

/** Builds the programs in a folder for temporary files. */
export async function buildPrograms(): Promise<Programs> {
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  await run(process.execPath, ["scripts/build-package.ts", join(folder, "package")]);
  await build({
    entryPoints: ["bench/read-once.ts"],
    outdir: join(folder, "read-once"),
    outExtension: { ".js": ".mjs" },
    bundle: true,
    minify: true,
    splitting: true,
    platform: "node",
    mainFields: ["module", "main"],
    format: "esm",
    target: "node24",
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });
  return {
    cli: join(folder, "package/rds-password-audit.js"),
    readOnce: join(folder, "read-once/read-once.mjs"),
    folder,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
