import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import type { Config } from "jest";

// The tests give instants in UTC. A zone with half an hour and daylight saving time shows code that depends on the machine's zone.
process.env.TZ = "America/St_Johns";

// Test files share what they package. Workers inherit the variable.
const packaged = mkdtempSync(join(tmpdir(), "packaged-"));
process.env.PACKAGED_FOLDER = packaged;
process.once("exit", () => rmSync(packaged, { recursive: true, force: true }));

const config: Config = {
  testEnvironment: "<rootDir>/tests/support/plain-context.ts",
  // Some tests wait for other processes: one worker more for every two cores uses that time.
  maxWorkers: Math.ceil(1.5 * availableParallelism()),
  // Ends only what hangs: on a busy machine everything takes long.
  testTimeout: 120_000,
  roots: ["<rootDir>/tests"],
  testMatch: ["**/*.test.ts"],
  testPathIgnorePatterns: ["/node_modules/", "<rootDir>/tests/contract/moto/"],
  extensionsToTreatAsEsm: [".ts"],
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      {
        jsc: { parser: { syntax: "typescript" }, target: "es2024", experimental: { keepImportAttributes: true } },
        module: { type: "es6" },
      },
    ],
  },
};

export default config;
