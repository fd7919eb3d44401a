/**
 * Creates a rule and its test, and adds it to the catalogue, its pins and the demo:
 * `npm run new-rule -- secret-has-tags "The secret has tags" low [secret|key|database]`.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { type Severity, severities } from "../lib/model/finding.ts";

/** What a rule is about decides what it reads, which messages it shares with other rules, and how its check starts. */
const templates = {
  secret: {
    guards: "databaseLists, isVerdict, secretMessages, secretOf",
    reads: '[...databaseLists, "secretsmanager:ListSecrets"]',
    pinnedReads: "secrets",
    messages: "secretMessages",
    check: `check(database, context) {
    const secret = secretOf(database, context);
    if (isVerdict(secret)) return secret;`,
    examples: "",
  },
  key: {
    guards: "databaseLists, isSecretMissing, keyMessages, keyNotSeen",
    reads: '[...databaseLists, "secretsmanager:ListSecrets", "kms:DescribeKey"]',
    pinnedReads: "keys",
    messages: "keyMessages",
    check: `check(database, context) {
    if (database.management !== "managed") return { messageId: "notManaged" };
    if (isSecretMissing(context)) return { messageId: "secretMissing" };
    for (const key of [context.rdsKey, context.secretKey])
      if (!key.key.seen) return { messageId: keyNotSeen(key, context), data: { why: key.key.why } };`,
    examples: "",
  },
  database: {
    guards: "databaseLists, databaseMessages, notAudited",
    reads: "[...databaseLists]",
    pinnedReads: "lists",
    messages: "databaseMessages",
    check: `check(database) {
    if (database.management === "out-of-scope" || database.management === "inherited") return notAudited(database);`,
    examples: `NOT_APPLICABLE: [
      { name: "a read replica", database: aDatabase({ management: "inherited" }), messageId: "notAudited" },
    ],`,
  },
} as const;

const [id = "", title = "", severity = "medium", about = "secret"] = process.argv.slice(2);
const name = id.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
const rulePath = `rules/${id}.ts`;
const testPath = `tests/rules/${id}.test.ts`;
const samplePath = "simulator/organization.ts";

const refusal = refuse();
if (refusal !== null) {
  console.error(refusal);
  process.exit(2);
}
const template = templates[about as keyof typeof templates];

// Edits come first: if an insertion point is missing, no file is written.
const edits = [
  edit("rules/index.ts", [
    [/(?<=import type \{ Rule \}.*\n)/, `import { ${name} } from "./${id}.ts";\n`],
    [/(?<=\nexport const rules[^;]*)(?=\];)/, `${name},\n`],
  ]),
  edit("tests/rules/catalogue.test.ts", [
    [
      /(?<=\nconst pinned[\s\S]*?\n)(?=\};\n)/,
      `"${id}": { severity: "${severity}", reads: ${template.pinnedReads} },\n`,
    ],
  ]),
  edit(samplePath, [
    [
      /(?=\n.*npm run new-rule)/,
      `\n// Fails ${id}.\nireland.addInstance({ identifier: "${id}", managed: { kmsKeyId }, tags: { "${id}": "fail" } });`,
    ],
  ]),
  [rulePath, ruleText()],
  [testPath, testText()],
] as const;
for (const [path, text] of edits) writeFileSync(path, text);
execFileSync("node_modules/.bin/biome", ["check", "--write", "--log-level=error", ...edits.map(([path]) => path)]);
execFileSync(process.execPath, ["scripts/generate-docs.ts"]);

console.log(`Created ${rulePath} and ${testPath}, and added the rule to the catalogue, its pins and the demo.

Edit by hand:
  ${rulePath}  rationale, references, messages and check
  ${testPath}  one example for each message, and both sides of each limit
  ${samplePath}  the database "${id}", so that it fails the rule

Then run:
  npm run update-goldens && npm run fix   and review the diff
  npm run check && npm test`);

function refuse(): string | null {
  if (!/^[a-z]+(-[a-z]+)+$/.test(id))
    return `"${id}" is not a rule id. Name the compliant state in lowercase words with hyphens, such as secret-key-usable.`;
  if (existsSync(rulePath)) return `The rule ${id} already exists.`;
  if (title === "")
    return 'A title is required. Describe the compliant state without a period, such as "The key is usable".';
  if (!severities.includes(severity as Severity))
    return `"${severity}" is not a severity. Use ${severities.join(", ")}.`;
  if (!Object.hasOwn(templates, about))
    return `"${about}" is not a kind of rule. Use ${Object.keys(templates).join(", ")}.`;
  return null;
}

/** A file and its text with insertions. Throws if an insertion point does not exist. */
function edit(path: string, insertions: readonly (readonly [point: RegExp, text: string])[]): [string, string] {
  let text = readFileSync(path, "utf8");
  for (const [point, insertion] of insertions) {
    if (!point.test(text)) throw new Error(`${path} has no insertion point ${point}`);
    text = text.replace(point, () => insertion);
  }
  return [path, text];
}

function ruleText(): string {
  return `import { defineRule } from "../lib/model/rule.ts";
import { ${template.guards} } from "../lib/model/rule-guards.ts";

export const ${name} = defineRule({
  id: "${id}",
  title: ${JSON.stringify(title)},
  severity: "${severity}",
  rationale: "Why the rule matters, in two or three sentences.",
  references: ["https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html"],
  reads: ${template.reads},
  messages: {
    ...${template.messages},
    passes: { status: "COMPLIANT", text: "{database} passes ${id}." },
    fails: { status: "NON_COMPLIANT", text: "{database} fails ${id}.", remedy: "Fix the cause." },
  },
  ${template.check}
    // Replace with the comparison of the rule.
    if (database.tags["${id}"] === "fail") return { messageId: "fails" };
    return { messageId: "passes" };
  },
});
`;
}

function testText(): string {
  return `import { ${name} } from "../../rules/${id}.ts";
import { aDatabase } from "../support/builders.ts";
import { describeRule } from "../support/rule-harness.ts";

describeRule({
  rule: ${name},
  url: import.meta.url,
  examples: {
    COMPLIANT: [{ name: "a managed database", messageId: "passes" }],
    NON_COMPLIANT: [
      { name: "a database with the failing tag", database: aDatabase({ tags: { "${id}": "fail" } }), messageId: "fails" },
    ],
    ${template.examples}
  },
});
`;
}
