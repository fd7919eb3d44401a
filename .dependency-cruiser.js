/** Who may import whom: the table of folders in docs/architecture.md, as rules. Each layer names all that it may see; everything else is refused. */
const libraries = (...names) => names.map((name) => `node_modules/${name}/`);

const layers = [
  {
    name: "model",
    from: "^lib/model/",
    may: ["^lib/model/", ...libraries("zod", "yaml", "croner", "picomatch", "fastest-levenshtein")],
  },
  { name: "audit", from: "^lib/audit/", may: ["^lib/(model|audit)/"] },
  { name: "remediate", from: "^lib/remediate/", may: ["^lib/(model|audit|remediate)/", "^crypto$"] },
  {
    name: "report",
    from: "^lib/report/",
    may: ["^lib/(model|report)/", ...libraries("chalk", "wrap-ansi", "string-width"), "^util$"],
  },
  { name: "rules", from: "^rules/", may: ["^lib/model/"], but: "^rules/index\\.ts$" },
  { name: "rule catalogue", from: "^rules/index\\.ts$", may: ["^lib/model/", "^rules/"] },
  { name: "aws", from: "^lib/aws/", may: ["^lib/(model|aws)/", "node_modules/@aws-sdk/"] },
  {
    name: "use cases",
    from: "^lib/[^/]+\\.ts$",
    may: ["^lib/[^/]+\\.ts$", "^lib/(model|audit|report|remediate)/", ...libraries("p-map", "p-limit")],
  },
  {
    name: "deploy",
    from: "^deploy/",
    may: ["^deploy/", "^lib/(model|audit)/", "^rules/", ...libraries("zod"), "^(fs|path)$"],
  },
  {
    name: "simulator",
    from: "^simulator/",
    may: ["^simulator/", ...libraries("fast-xml-parser", "croner"), "^(crypto|http|net|stream|timers)(/|$)"],
  },
];

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    {
      name: "no-circular",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    { name: "resolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
    ...layers.map(({ name, from, may, but }) => ({
      name: `${name}-imports`,
      severity: "error",
      from: { path: from, ...(but ? { pathNot: but } : {}) },
      to: { pathNot: may },
    })),
    {
      name: "cli-and-functions-apart",
      severity: "error",
      comment: "The command line and the Lambda functions are two ways in; what they share belongs in lib.",
      from: { path: "^(cli|functions)/" },
      to: { path: "^(cli|functions)/", pathNot: "^$1/" },
    },
    {
      name: "simulator-in-its-place",
      severity: "error",
      from: { pathNot: "^(simulator|cli/demo|tests|bench)" },
      to: { path: "^simulator/" },
    },
    {
      name: "zod-mini",
      severity: "error",
      comment: "What a function loads uses zod/mini: docs/decisions/0019-zod-mini.md",
      from: { path: "^(lib|rules|functions)/", pathNot: "^lib/model/policy\\.ts$" },
      to: { path: "node_modules/zod/index" },
    },
    {
      name: "sdk-in-lib-aws",
      severity: "error",
      comment: "Only lib/aws speaks to AWS.",
      from: { path: "^(lib|rules|cli|functions)/", pathNot: "^lib/aws/" },
      to: { path: "node_modules/@aws-sdk/" },
    },
  ],
  options: {
    parser: "swc",
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default"] },
  },
};
