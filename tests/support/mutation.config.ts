import { fileURLToPath } from "node:url";
import type { Config } from "jest";
import config from "../../jest.config.ts";

/** The mutated file, such as `rules/rotation-enabled` or `audit/exempt`. Only its own test has to detect the mutants. */
const unit = process.env.MUTATED ?? "{audit,plan,executions,rules}/*";

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
