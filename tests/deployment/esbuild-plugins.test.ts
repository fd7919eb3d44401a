/** With literal keys, the shapes of the SDK are the same values, and those that nothing uses are left out of a bundle. */
import { createRequire } from "node:module";
import { expect, test } from "@jest/globals";
import { type BuildOptions, build, type Plugin } from "esbuild";

const require = createRequire(import.meta.url);
const { literalKeys } = require("../../deploy/esbuild-plugins.cjs") as { literalKeys: Plugin };
const { dependencies, devDependencies } = require("../../package.json");

const clients = Object.keys({ ...dependencies, ...devDependencies })
  .filter((name) => name.startsWith("@aws-sdk/client-"))
  .map((name) => name.replace("@aws-sdk/client-", ""));

/** The text of a bundle of a module. */
async function bundle(contents: string, options: BuildOptions): Promise<string> {
  const stdin = { contents, resolveDir: process.cwd() };
  const shared: BuildOptions = { stdin, bundle: true, platform: "node", mainFields: ["module", "main"], ...options };
  const { outputFiles } = await build({ ...shared, write: false });
  return outputFiles[0]?.text ?? "";
}

/** All shapes of a client, as text: what a shape refers to is a function, or an error's class. */
async function readShapes(client: string, plugins: Plugin[]): Promise<string> {
  const module = JSON.stringify(`./node_modules/@aws-sdk/client-${client}/dist-es/schemas/schemas_0.js`);
  const text = await bundle(`import * as shapes from ${module}; module.exports = { ...shapes };`, {
    format: "cjs",
    plugins,
  });
  const loaded = { exports: {} };
  new Function("module", "require", text)(loaded, require);
  const { errorTypeRegistries: _, ...shapes } = loaded.exports as Record<string, unknown>;
  return JSON.stringify(shapes, (_, value: unknown) => (typeof value === "function" ? String(value) : value));
}

test.each(clients)("the shapes of %s are the same", async (client) => {
  const shapes = await readShapes(client, [literalKeys]);
  expect(shapes.length).toBeGreaterThan(1000);
  expect(shapes).toBe(await readShapes(client, []));
});

test("a bundle has only the shapes that it uses", async () => {
  const contents = 'import { RDSClient } from "@aws-sdk/client-rds"; console.log(RDSClient);';
  const minify = { format: "esm", minifySyntax: true } as const;
  expect(await bundle(contents, { ...minify, plugins: [literalKeys] })).not.toContain("DBMajorEngineVersionsList");
  // Without the plugin it has them. If this fails, the SDK or esbuild has changed, and the plugin may be superfluous.
  expect(await bundle(contents, minify)).toContain("DBMajorEngineVersionsList");
});
