import { globSync, readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";

const documents = ["README.md", "CONTRIBUTING.md", ...globSync("docs/**/*.md")];
const { engines } = JSON.parse(readFileSync("package.json", "utf8")) as { engines: { node: string } };

test.each(["README.md", "CONTRIBUTING.md", "docs/deploy.md"])("%s requires the Node.js of package.json", (path) => {
  expect(readFileSync(path, "utf8")).toContain(`Node.js (\`${engines.node}\`)`);
});

test("no document requires another Node.js", () => {
  const found = documents.filter((path) => /Node(\.js)? \d+(\.\d+)* or (newer|later)/.test(readFileSync(path, "utf8")));
  expect(found).toEqual([]);
});

test("engines satisfy the engines of each production dependency", () => {
  const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as {
    packages: Record<string, { dev?: boolean; engines?: { node?: string } }>;
  };
  const oldest = engines.node.split("||").map(toVersion);
  const production = Object.entries(packages).filter(([path, { dev }]) => path !== "" && dev !== true);
  expect(production.length).toBeGreaterThan(30);
  const unsatisfied = production.filter(([, { engines: { node = "*" } = {} }]) =>
    oldest.some((version) => !node.split("||").some((range) => allows(range.trim(), version))),
  );
  expect(unsatisfied).toEqual([]);
});

/** The oldest version of a range: `^22.12`, `>= 18` and `26` are [22, 12, 0], [18, 0, 0] and [26, 0, 0]. */
function toVersion(range: string): readonly [number, number, number] {
  const [, major = "0", minor = "0", patch = "0"] = /(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(range) ?? [];
  return [Number(major), Number(minor), Number(patch)];
}

function allows(range: string, version: readonly [number, number, number]): boolean {
  const from = toVersion(range);
  const difference = version.map((number, index) => number - (from[index] ?? 0)).find((step) => step !== 0);
  return (difference ?? 0) >= 0 && (!range.startsWith("^") || version[0] === from[0]);
}

test("docs/operations.md quotes messages that the code has", () => {
  const sources = globSync("{lib,functions,cli}/**/*.ts").map((path) => readFileSync(path, "utf8"));
  const fromAws =
    /^(not authorized|… kms:CreateGrant|KMSKey|Task timed out|Runtime|Invalid|AccessDenied|Throttling|TooMany|Unrecognized|OptIn|Timeout|ENOTFOUND)/;
  const tables = readFileSync("docs/operations.md", "utf8").match(/^ *\| message [\s\S]*?\n\n/gm) ?? [];
  const cells = tables.join("").matchAll(/^ *\| (`.*?`) +\|/gm);
  const quoted = [...cells].flatMap(([, cell = ""]) => [...cell.matchAll(/`([^`]+)`/g)].map(([, text = ""]) => text));
  const ours = quoted.filter((text) => !fromAws.test(text));
  expect(ours.length).toBeGreaterThan(7);
  const isInCode = (text: string) => sources.some((source) => source.includes(text.replaceAll("…", "").trim()));
  expect(ours.filter((text) => !isInCode(text))).toEqual([]);
});
