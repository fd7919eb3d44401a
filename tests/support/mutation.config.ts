import { fileURLToPath } from "node:url";
import type { Config } from "jest";
import config from "../../jest.config.ts";

/** What is mutated, as in `rules/rotation-enabled` or `audit/exempt`: only the test of that name has to notice. */
const unit = process.env.MUTATED ?? "{audit,rules}/*";

const mutationConfig: Config = {
  ...config,
  rootDir: fileURLToPath(new URL("../..", import.meta.url)),
  roots: ["<rootDir>/lib", "<rootDir>/rules", "<rootDir>/tests"],
  testMatch: [`<rootDir>/tests/${unit}.test.ts`, "<rootDir>/tests/rules/catalogue.test.ts"],
};

// biome-ignore lint/style/noDefaultExport: jest reads its configuration from the default export
export default mutationConfig;
