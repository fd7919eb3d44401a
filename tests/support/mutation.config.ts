import { fileURLToPath } from "node:url";
import type { Config } from "jest";
import config from "../../jest.config.ts";

/** The test that has to detect the mutants of a file: its own, such as `rules/rotation-enabled`, or that of all repairs, `remediate-database`. */
const unit = process.env.MUTATED ?? "{remediate-database,{audit,plan,executions,remediate,rules}/*}";

const mutationConfig: Config = {
  ...config,
  // Stryker wraps the environment and cannot load one in TypeScript.
  testEnvironment: "node",
  rootDir: fileURLToPath(new URL("../..", import.meta.url)),
  roots: ["<rootDir>/lib", "<rootDir>/rules", "<rootDir>/tests"],
  testMatch: [`<rootDir>/tests/${unit}.test.ts`, "<rootDir>/tests/rules/catalogue.test.ts"],
};

// biome-ignore lint/style/noDefaultExport: jest reads its configuration from the default export
export default mutationConfig;
