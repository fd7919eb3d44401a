import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { parseSync } from "@swc/core";

/**
 * One word for each concept. `word` is what a name must not contain, as lower-case words joined by spaces (`takeMarkOff` is "take mark off").
 * `prose` says that texts must not contain it either. Words that are plain English elsewhere ("because", "see", "order") are refused in names only.
 */
type Term = { readonly word: RegExp; readonly instead: string; readonly prose?: true };

const terms: readonly Term[] = [
  { word: /\bplaces?\b/, instead: "scope, location or slot", prose: true },
  { word: /\b(begun|beginning)\b/, instead: "started, start", prose: true },
  { word: /\b(un)?marks?\b(?! lost)/, instead: "toggleTag, toggleMarker" },
  { word: /\bwrong\b/, instead: "violation" },
  { word: /\bbecause\b/, instead: "reason" },
  { word: /\bcandidates?\b/, instead: "repairTarget", prose: true },
  { word: /\bstanding\b/, instead: "planStatus, severityLabel or progress", prose: true },
  { word: /\b(owed|owes|debts?)\b/, instead: "outbox, OutboxEntry", prose: true },
  { word: /\bclaims?\b/, instead: "lease" },
  { word: /\bsurroundings?\b/, instead: "classificationContext", prose: true },
  { word: /\b(workshop|witness)\b/, instead: "RepairSession, ChangeLog", prose: true },
  { word: /^(enter|leave|go on|sweep|silence)$/, instead: "acquire, release, advance, expire, markLost" },
  { word: /\bcrowd\b/, instead: "summaryAlert", prose: true },
  { word: /\b(create facts|throw away)\b/, instead: "createRuleContext, temporaryPassword", prose: true },
  { word: /\b(look after|conclude (lost|repaired))\b/, instead: "reapExecutions" },
  { word: /^(says|slots)$/, instead: "messageId, data" },
  { word: /^orders?$|^to ordered$/, instead: "RemediationRequest" },
  { word: /\bsheets?\b/, instead: "layout" },
  { word: /\b(tell|told|untold|teller)\b/, instead: "notify, notified, undelivered" },
  { word: /\boutlets?\b/, instead: "destination", prose: true },
  { word: /\bkeepsakes?\b/, instead: "secretSnapshot", prose: true },
  { word: /^bar( toggle)?$|\bfind bar\b/, instead: "blockManual" },
  { word: /^(see|look|looks|sight|glimpse)\b/, instead: "observe, describe, Observation, Description" },
  { word: /\bcommonplaces?\b/, instead: "sharedReasons", prose: true },
  { word: /\bkeep (ledger|remediation)\b/, instead: "ledger, remediation-state" },
  { word: /\bsort out\b/, instead: "groupFindings" },
  { word: /\bsubjects\b/, instead: "affectedDatabases" },
  { word: /^(self|thrown|screen)( of)?$/, instead: "commandName, errorInfo, terminal" },
];

/** Words that a reader stumbles over, in every text that a person reads. */
const stilted = /\b(somebody|nobody|whoever|whence|whereof|wherein|any more)\b/i;

const tracked = (...patterns: string[]) =>
  execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "--", ...patterns], {
    encoding: "utf8",
  })
    .split("\n")
    .filter((file) => file !== "");

const sources = tracked(
  "lib/*.ts",
  "rules/*.ts",
  "cli/*.ts",
  "functions/*.ts",
  "deploy/*.ts",
  "scripts/*.ts",
  "bench/*.ts",
  "simulator/*.ts",
);
const texts = tracked("*.md", "tests/golden/*.txt");

/** The words of a name: `takeMarkOff`, `TAKE_MARK_OFF` and `take-mark-off` are "take mark off". */
function wordsOf(name: string): string {
  return name
    .replaceAll(/([a-z\d])([A-Z])/g, "$1 $2")
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, "$1 $2")
    .replaceAll(/[-_.]/g, " ")
    .toLowerCase();
}

type Source = { readonly names: ReadonlySet<string>; readonly prose: readonly string[] };

/** The names of a source file, and its prose: comments and texts, without the code that they quote. */
function read(source: string): Source {
  const names = new Set<string>();
  const prose: string[] = source.match(/\/\*[\s\S]*?\*\/|(?<![:"'`\w/])\/\/.*$/gm) ?? [];
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    const { type, value, cooked } = node as { type?: string; value?: unknown; cooked?: unknown };
    if (type === "Identifier") names.add(String(value));
    if (type === "StringLiteral") prose.push(String(value));
    if (type === "TemplateElement") prose.push(String(cooked));
    for (const child of Object.values(node)) visit(child);
  };
  visit(parseSync(source, { syntax: "typescript", target: "es2024" }));
  return { names, prose: prose.flatMap((text) => text.replaceAll(/`[^`]*`/g, " ").split("\n")) };
}

describe("one word for each concept", () => {
  test("the law reads names and prose", () => {
    expect(wordsOf("takeMarkOff")).toBe("take mark off");
    expect(wordsOf("KMSKeyId")).toBe("kms key id");
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a source text
    const { names, prose } = read('/** `places` of x */ const a: Sheet = call("told", `owed ${b}`); // the outlet');
    expect([...names]).toEqual(["a", "Sheet", "call", "b"]);
    expect(prose.join("\n")).toMatch(/outlet[\s\S]*told[\s\S]*owed/);
    expect(prose.join("\n")).not.toMatch(/places/);
    expect(sources.length).toBeGreaterThan(200);
    expect(texts.length).toBeGreaterThan(60);
  });

  test("no name has another word for it", () => {
    const found = sources.flatMap((file) =>
      [basename(file, ".ts"), ...read(readFileSync(file, "utf8")).names].flatMap((name) =>
        terms.filter(({ word }) => word.test(wordsOf(name))).map(({ instead }) => `${file}: ${name} is ${instead}`),
      ),
    );
    expect(found).toEqual([]);
  });

  test("no text has another word for it, and none is stilted", () => {
    const refused = [...terms.filter(({ prose }) => prose).map(({ word }) => new RegExp(word.source, "i")), stilted];
    const found = [
      ...sources.map((file) => ({ file, lines: read(readFileSync(file, "utf8")).prose })),
      ...texts.map((file) => ({
        file,
        lines: readFileSync(file, "utf8")
          .replaceAll(/`[^`\n]*`/g, " ")
          .split("\n"),
      })),
    ].flatMap(({ file, lines }) =>
      lines.filter((line) => refused.some((word) => word.test(line))).map((line) => `${file}: ${line.trim()}`),
    );
    expect(found).toEqual([]);
  });

  test("a type name is defined once", () => {
    const files = new Map<string, string[]>();
    for (const file of sources)
      for (const [, name = ""] of readFileSync(file, "utf8").matchAll(/^(?:export )?(?:type|class|interface) (\w+)/gm))
        files.set(name, [...(files.get(name) ?? []), file]);
    expect(files.size).toBeGreaterThan(150);
    expect([...files].filter(([, all]) => all.length > 1)).toEqual([]);
  });
});
