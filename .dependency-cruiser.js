/** Checks the import laws, which scripts/import-laws.ts has as data and docs/architecture.md as a table. */
import { laws, parts, toLaw } from "./scripts/import-laws.ts";

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [...laws, ...parts.map(toLaw)].map((law) => ({ severity: "error", ...law })),
  options: {
    parser: "swc",
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default"] },
  },
};
