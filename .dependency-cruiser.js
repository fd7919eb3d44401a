/** Who may import whom: the table of folders in docs/architecture.md, as rules. Each layer names all that it may see; everything else is refused. */
const libraries = (...names) => names.map((name) => `node_modules/${name}/`);

const pure = ["^lib/(model|audit|plan)/"];

const layers = [
  {
    name: "model",
    from: "^lib/model/",
    may: ["^lib/model/", ...libraries("zod", "yaml", "croner", "picomatch", "fastest-levenshtein")],
  },
  { name: "audit", from: "^lib/audit/", may: ["^lib/(model|audit)/"] },
  { name: "plan", from: "^lib/plan/", may: pure },
  { name: "storage", from: "^lib/storage/", may: ["^lib/(model|storage)/"] },
  { name: "remediate", from: "^lib/remediate/", may: ["^lib/(model|remediate)/", "^crypto$"] },
  {
    name: "collect",
    from: "^lib/collect/",
    may: ["^lib/collect/", "^lib/(model|audit)/", ...libraries("p-map", "p-limit")],
  },
  { name: "publish", from: "^lib/publish/", may: ["^lib/(publish|storage|report)/", ...pure] },
  {
    name: "executions",
    from: "^lib/executions/",
    may: ["^lib/(executions|collect|storage|remediate|publish|report)/", ...pure],
  },
  { name: "rules", from: "^rules/", may: ["^lib/model/"], but: "^rules/index\\.ts$" },
  { name: "rule catalogue", from: "^rules/index\\.ts$", may: ["^lib/model/", "^rules/"] },
  { name: "report formats", from: "^lib/report/[^/]+\\.ts$", may: ["^lib/model/", "^lib/report/"] },
  ...["text", "terminal", "page", "chat", "topics", "aws", "files"].map((medium) => ({
    name: `report ${medium}`,
    from: `^lib/report/${medium}/`,
    may: [
      "^lib/model/",
      "^lib/report/text/",
      `^lib/report/${medium}/`,
      ...libraries("chalk", "wrap-ansi", "string-width"),
      "^util$",
    ],
  })),
  { name: "aws", from: "^lib/aws/", may: ["^lib/(model|aws)/", "node_modules/@aws-sdk/"] },
  {
    name: "use cases",
    from: "^lib/[^/]+\\.ts$",
    may: [
      "^lib/[^/]+\\.ts$",
      "^lib/(collect|publish|executions|remediate|storage|report)/",
      ...pure,
      ...libraries("p-map", "p-limit"),
    ],
  },
  {
    name: "deploy",
    from: "^deploy/",
    may: ["^deploy/", ...pure, "^rules/", ...libraries("zod"), "^(fs|path)$"],
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
      comment: "Types included.",
      to: { circular: true },
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
