/** Makes a rule, its test and its document, and puts it into the catalogue: `npm run new-rule -- id "Its good state" severity`. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { type Severity, severities } from "../lib/model/finding.ts";

const [, , id = "", title = "", severity = "medium"] = process.argv;
const path = `rules/${id}.ts`;
const name = id.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

const refusal = refuse();
if (refusal !== null) {
  console.error(refusal);
  process.exit(2);
}

writeFileSync(path, ruleText());
writeFileSync(`tests/rules/${id}.test.ts`, testText());
writeFileSync("rules/index.ts", withRule(readFileSync("rules/index.ts", "utf8")));
execFileSync("node_modules/.bin/biome", [
  "check",
  "--write",
  "--log-level=error",
  path,
  `tests/rules/${id}.test.ts`,
  "rules/index.ts",
]);
execFileSync(process.execPath, ["scripts/generate-docs.ts"]);
console.log(
  `Made ${path}, tests/rules/${id}.test.ts and docs/rules/${id}.md. Next: write the rule, then "npm run fix".`,
);

function refuse(): string | null {
  if (!/^[a-z]+(-[a-z]+)+$/.test(id))
    return `A rule's id states the good state in small words with hyphens, as in secret-key-usable; not "${id}".`;
  if (existsSync(path)) return `There is a rule ${id} already.`;
  if (title === "") return 'Give the good state as a sentence without a full stop, as in "The key can be used".';
  if (!severities.includes(severity as Severity)) return `The severity is ${severities.join(", ")}; not "${severity}".`;
  return null;
}

function withRule(index: string): string {
  return index
    .replace(/(import type \{ Rule \}[^\n]*\n)/, `$1import { ${name} } from "./${id}.ts";\n`)
    .replace(/\n\];/, `\n  ${name},\n];`);
}

function ruleText(): string {
  return `import { defineRule } from "../lib/model/rule.ts";
import { isVerdict, secretMessages, secretOf } from "../lib/model/rule-guards.ts";

export const ${name} = defineRule({
  id: "${id}",
  title: ${JSON.stringify(title)},
  severity: "${severity}",
  rationale: "Why it matters, in two or three sentences.",
  references: ["https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html"],
  reads: ["rds:DescribeDBInstances", "rds:DescribeDBClusters", "secretsmanager:ListSecrets"],
  messages: {
    ...secretMessages,
    good: { status: "COMPLIANT", text: "The secret of {database} is as it should be." },
    bad: { status: "NON_COMPLIANT", text: "The secret of {database} is not as it should be.", remedy: "What to do, in one sentence." },
  },
  check(database, context) {
    const secret = secretOf(database, context);
    if (isVerdict(secret)) return secret;
    return secret.name === "" ? { says: "bad" } : { says: "good" };
  },
});
`;
}

function testText(): string {
  return `import { ${name} } from "../../rules/${id}.ts";
import { aContext, aDatabase, seen, unseen, withSecret } from "../support/builders.ts";
import { describeRule } from "../support/rule-harness.ts";

describeRule({
  rule: ${name},
  url: import.meta.url,
  examples: {
    COMPLIANT: [{ name: "a healthy secret", database: aDatabase(), context: aContext(), says: "good" }],
    NON_COMPLIANT: [{ name: "a secret without a name", database: aDatabase(), context: withSecret({ name: "" }), says: "bad" }],
    NOT_APPLICABLE: [
      { name: "a database without a managed password", database: aDatabase({ management: "unmanaged" }), context: aContext(), says: "notManaged" },
      { name: "a secret that does not exist", database: aDatabase(), context: aContext({ secret: seen<never>(null) }), says: "secretMissing" },
    ],
    INSUFFICIENT_DATA: [
      { name: "secrets that could not be listed", database: aDatabase(), context: aContext({ secret: unseen() }), says: "secretNotSeen" },
    ],
  },
});
`;
}
