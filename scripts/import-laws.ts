/** Who may import whom: data for dependency-cruiser (`.dependency-cruiser.js`) and for the table in docs/architecture.md. */

/** A folder, or the files directly in a folder (`lib/*.ts`), what it holds, and all that it may import. */
export type Part = {
  readonly name: string;
  readonly holds: string;
  /** Other parts, and the part itself where its files may import each other. */
  readonly imports: readonly string[];
  readonly libraries?: readonly string[];
  /** Modules of Node.js. */
  readonly modules?: readonly string[];
  /** One file that has a law of its own. */
  readonly except?: string;
};

const pure = ["lib/model", "lib/audit", "lib/plan"];

const media = {
  text: "words and layout that the other media share",
  terminal: "tables and pages for a terminal",
  page: "the HTML page",
  chat: "alerts for Slack and Microsoft Teams, by way of Amazon Q",
  topics: "messages of the two SNS topics",
  aws: "AWS Config evaluations, CloudWatch metrics",
  files: "formats for machines",
};

const pageScript = "lib/report/page/browser";
const asff = "lib/report/aws/asff.ts";

/** Formats hash what has to be stable and short. */
const fileLibraries = {
  libraries: ["csv-stringify", "markdown-table", "fast-xml-parser", "uuid"],
  modules: ["crypto"],
};

function mayInReport(medium: string) {
  return {
    imports: [
      ...new Set([`lib/report/${medium}`, "lib/report/text", "lib/model"]),
      ...(medium === "terminal" ? ["lib/patches"] : []),
    ],
    libraries: ["chalk", "wrap-ansi", "string-width"],
    modules: ["util"],
  };
}

export const parts: readonly Part[] = [
  {
    name: "lib/model",
    holds: "what things are: types, schemas at the boundaries, small pure helpers",
    imports: ["lib/model"],
    libraries: ["zod", "yaml", "croner", "picomatch", "fastest-levenshtein"],
  },
  {
    name: "lib/collect",
    holds: "reading AWS through ports: accounts, Regions, one database again",
    imports: ["lib/collect", "lib/model", "lib/audit"],
    libraries: ["p-map", "p-limit"],
  },
  {
    name: "lib/audit",
    holds: "judging: classification, rule context, exemptions, the report, its differences from the previous one",
    imports: ["lib/audit", "lib/model"],
  },
  {
    name: "lib/organization",
    holds: "an audit of many accounts: which are expected, reading each, what became of each",
    imports: ["lib/organization", "lib/collect", "lib/model", "lib/audit"],
    libraries: ["p-map", "p-limit"],
  },
  { name: "rules/*.ts", holds: "one compliance rule per file", imports: ["lib/model"], except: "rules/index.ts" },
  { name: "rules/index.ts", holds: "the catalog of rules", imports: ["rules", "lib/model"] },
  {
    name: "lib/report/*.ts",
    holds: "the catalog of output formats",
    imports: ["lib/report", "lib/model"],
  },
  ...Object.entries(media).map(([medium, holds]) => ({
    ...mayInReport(medium),
    name: `lib/report/${medium}`,
    holds,
    ...(medium === "aws" && { except: asff }),
    ...(medium === "files" && fileLibraries),
    ...(medium === "page" && { except: pageScript, libraries: ["d3-scale", "d3-shape"], modules: ["zlib"] }),
  })),
  {
    name: pageScript,
    holds: "the script of long tables in the HTML page, which runs in a browser",
    imports: [pageScript, "lib/report/page/table-rows.ts", "lib/report/text"],
    libraries: ["preact", "htm"],
  },
  {
    ...mayInReport("aws"),
    name: asff,
    holds: "Security Hub findings, whose ids are hashed because Security Hub limits their length",
    modules: ["util", "crypto"],
  },
  {
    name: "lib/storage",
    holds: "the port for stored objects, conditional writes to them, and the pauses between retries",
    imports: ["lib/storage", "lib/model"],
    libraries: ["zod"],
    modules: ["zlib"],
  },
  {
    name: "lib/publish",
    holds: "what is new, and which destination has it: the ledger and the delivery; the events of repairs",
    imports: ["lib/publish", "lib/storage", "lib/report", ...pure],
  },
  {
    name: "lib/patches",
    holds: "the change for each finding in CloudFormation, the CDK, Terraform and the AWS CLI",
    imports: ["lib/patches", "lib/model"],
  },
  {
    name: "lib/plan",
    holds: "what may be repaired: the plan, its gates, the choice of key, manual steps, the repair state",
    imports: ["lib/plan", "lib/patches", "lib/model", "lib/audit"],
  },
  {
    name: "lib/prevent",
    holds: "what keeps it from happening: policies, guards, templates and plans judged before they are applied",
    imports: ["lib/prevent", "lib/patches", "lib/model", "lib/audit"],
    libraries: ["yaml", "diff"],
    modules: ["util"],
  },
  {
    name: "lib/remediate",
    holds: "the repair procedures, written against a workflow port; each reads as its own runbook",
    imports: ["lib/remediate", "lib/model"],
    modules: ["crypto"],
  },
  {
    name: "lib/executions",
    holds: "what surrounds a procedure: starting executions, observing, reaping dead executions",
    imports: ["lib/executions", "lib/collect", "lib/storage", "lib/remediate", ...pure],
  },
  {
    name: "lib/consumers",
    holds: "what may stop working when the master password of a database changes",
    imports: ["lib/consumers", ...pure],
  },
  {
    name: "lib/preflight",
    holds: "trying the permissions of audits and repairs, and what a deployment needs, without changing anything",
    imports: ["lib/preflight", "lib/collect", ...pure],
    libraries: ["p-map"],
  },
  {
    name: "lib/*.ts",
    holds: "use cases that join several of these, one per file",
    imports: [
      "lib/*.ts",
      "lib/collect",
      "lib/organization",
      "lib/publish",
      "lib/executions",
      "lib/remediate",
      "lib/storage",
      "lib/report",
      ...pure,
    ],
    libraries: ["p-map", "p-limit"],
  },
  {
    name: "lib/aws",
    holds: "the only code that knows the AWS SDK; translates, decides nothing",
    imports: ["lib/aws", "lib/model", "lib/storage"],
    libraries: ["@aws-sdk", "@smithy/core"],
  },
  {
    name: "deploy",
    holds: "the CloudFormation template's parts, and what follows from the deployment's parameters",
    imports: ["deploy", "rules", "lib/storage", ...pure],
    libraries: ["zod"],
    modules: ["crypto", "fs"],
  },
  {
    name: "simulator",
    holds: "AWS on localhost: a pure model of accounts, and its wire protocols",
    imports: ["simulator"],
    libraries: ["fast-xml-parser", "croner"],
    modules: ["crypto", "http", "net", "timers/promises"],
  },
];

/** Parts that may import everything that the laws below leave. */
export const openParts = [
  { name: "cli", holds: "the command line: arguments in; tables, files and exit statuses out" },
  {
    name: "functions",
    holds: "Lambda handlers: parse the event, call one use case, answer; `wiring` is what they share",
  },
  { name: "bench, scripts, tests", holds: "measurements, generators and tests" },
];

/** Laws that are about more than one part, as dependency-cruiser takes them. */
export const laws = [
  { name: "no-circular", comment: "No circular imports, types included.", from: {}, to: { circular: true } },
  { name: "resolvable", comment: "Every import resolves.", from: {}, to: { couldNotResolve: true } },
  {
    name: "cli-and-functions-apart",
    comment: "`cli` and `functions` do not import each other; what they share belongs in `lib`.",
    from: { path: "^(cli|functions)/" },
    to: { path: "^(cli|functions)/", pathNot: "^$1/" },
  },
  {
    name: "simulator-for-tests",
    comment: "Only the demo, the tests and the benchmark import `simulator`.",
    from: { pathNot: "^(simulator|cli/commands/demo|tests|bench)" },
    to: { path: "^simulator/" },
  },
  {
    name: "sdk-in-lib-aws",
    comment: "Only `lib/aws` imports the AWS SDK (`@aws-sdk/*`, `@smithy/*`).",
    from: { path: "^(lib|rules|cli|functions)/", pathNot: "^lib/aws/" },
    to: { path: "node_modules/(@aws-sdk|@smithy)/" },
  },
  {
    name: "formats-for-cli",
    comment: "No Lambda function loads `lib/report/files` and its libraries.",
    from: { path: "^functions/" },
    to: { path: "^lib/report/files/", reachable: true },
  },
  {
    name: "zod-mini",
    comment: "What a Lambda function loads imports `zod/mini`, not `zod` ([decision](decisions/0019-zod-mini.md)).",
    from: { path: "^(lib|rules|functions)/", pathNot: "^lib/model/policy\\.ts$" },
    to: { path: "node_modules/zod/index" },
  },
];

/** `lib/model` is every file in that folder, `lib/*.ts` the files directly in `lib`. */
function toPattern(part: string): string {
  if (!part.endsWith(".ts")) return `^${part}/`;
  return `^${part.replace(".", "\\.").replace("*", "[^/]+")}$`;
}

/** The law of a part: everything that it does not name is refused. */
export function toLaw({ name, imports, libraries = [], modules = [], except }: Part) {
  const allowed = [
    ...imports.map(toPattern),
    ...libraries.map((library) => `node_modules/${library}/`),
    ...modules.map((module) => `^${module}$`),
  ];
  return {
    name: `imports of ${name}`,
    from: { path: toPattern(name), ...(except && { pathNot: toPattern(except) }) },
    to: { pathNot: allowed },
  };
}

/** The table and the list of docs/architecture.md. */
export function describeLaws(): string {
  const code = (name: string) => `\`${name}\``;
  const rows = parts.map(({ name, holds, imports, libraries = [], modules = [] }) => {
    const others = imports.filter((part) => part !== name).map(code);
    const packages = [...libraries, ...modules.map((module) => `node:${module}`)];
    return `| ${code(name)} | ${holds} | ${others.join(", ") || "nothing"} | ${packages.map(code).join(", ")} |`;
  });
  const open = openParts.map(({ name, holds }) => `| ${code(name)} | ${holds} | everything | everything |`);
  return [
    "| part | holds | may import | libraries and Node.js modules |",
    "|---|---|---|---|",
    ...rows,
    ...open,
    "",
    ...laws.map(({ comment }) => `- ${comment}`),
  ].join("\n");
}
