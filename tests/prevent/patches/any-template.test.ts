// biome-ignore-all lint/suspicious/noTemplateCurlyInString: texts of templates
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { applyPatch } from "diff";
import fc from "fast-check";
import { UsageError } from "../../../lib/model/errors.ts";
import { isViolation } from "../../../lib/model/finding.ts";
import { checkText } from "../check-text.ts";
import { anyTemplate, sentinel } from "./any-template.ts";
import { applyDiff, patchText } from "./patch-text.ts";

const policies = ["{}", "keys: [{ require: alias/secrets }]"];
const anyPolicy = fc.constantFrom(...policies);

const violationsOf = (text: string, policy: string) =>
  checkText(text, { policy })
    .findings.filter(isViolation)
    .map(({ resource, rule }) => `${resource.identifier} ${rule}`);

describe("templates written in every way", () => {
  test("a patched database is clean after the diff, and the others are as before", () => {
    fc.assert(
      fc.property(anyTemplate, anyPolicy, (text, policy) => {
        const { diff, patched, unpatched } = patchText(text, { policy });
        const after = diff === "" ? text : applyPatch(text, diff, { autoConvertLineEndings: false });
        if (after === false) throw new Error("the diff does not apply");
        const names = patched.map(({ name }) => name);
        const before = violationsOf(text, policy);
        expect(violationsOf(after, policy)).toEqual(
          before.filter((one) => !names.some((name) => one.startsWith(`${name} `))),
        );
        expect(names.every((name) => before.some((one) => one.startsWith(`${name} `)))).toBe(true);
        expect(new Set([...names, ...unpatched.map(({ name }) => name)]).size).toBe(patched.length + unpatched.length);
        expect(patchText(after, { policy }).patched).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  test("every database with a violation is either patched, or named with a reason", () => {
    fc.assert(
      fc.property(anyTemplate, (text) => {
        const { patched, unpatched } = patchText(text);
        const named = [...patched, ...unpatched].map(({ name }) => name);
        expect(violationsOf(text, "{}").filter((one) => !named.includes(one.split(" ")[0] ?? ""))).toEqual([]);
        expect(unpatched.filter(({ reason }) => reason === "")).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test("no diff, note or reason has a password, in any byte", () => {
    const encoded = [
      sentinel,
      Buffer.from(sentinel).toString("hex"),
      Buffer.from(sentinel).toString("base64").slice(0, 12),
    ];
    let withPassword = 0;
    let withDiff = 0;
    fc.assert(
      fc.property(anyTemplate, anyPolicy, (text, policy) => {
        const patch = patchText(text, { policy });
        const output = JSON.stringify(patch);
        if (text.includes(sentinel)) withPassword += 1;
        if (patch.diff !== "") withDiff += 1;
        expect(encoded.filter((needle) => output.includes(needle))).toEqual([]);
      }),
      { numRuns: 150 },
    );
    expect(Math.min(withPassword, withDiff)).toBeGreaterThan(20);
  });

  test("a diff changes nothing but what it is about: comments and all other lines stay, in their order", () => {
    fc.assert(
      fc.property(anyTemplate, (text) => {
        const lines = patchText(text).diff.split("\n").slice(2);
        const gone = lines.filter((line) => line.startsWith("-")).map((line) => line.slice(1));
        const indentOf = (line: string) => line.search(/\S/);
        for (const [index, line] of gone.entries())
          if (line.trimStart().startsWith("#"))
            expect(
              gone
                .slice(0, index)
                .some((other) => indentOf(other) < indentOf(line) && !other.trimStart().startsWith("#")),
            ).toBe(true);
        const come = lines.filter((line) => line.startsWith("+"));
        if (!text.startsWith("{")) for (const line of come) expect(line).toMatch(/ManageMasterUserPassword|Properties/);
      }),
      { numRuns: 60 },
    );
  });

  test("whatever the properties are, there is a diff or a reason", () => {
    const anyProperties = fc.oneof(
      fc.jsonValue(),
      fc.dictionary(
        fc.constantFrom("ManageMasterUserPassword", "MasterUserPassword", "MasterUserSecret", "Engine", "Fn::If", "<<"),
        fc.oneof(fc.jsonValue(), fc.constantFrom({ Ref: "P" }, { "Fn::Sub": "${P}" }, { "Fn::GetAtt": "P" })),
      ),
    );
    fc.assert(
      fc.property(anyProperties, fc.jsonValue(), fc.constantFrom(0, 2), (properties, other, indent) => {
        const resources = { Db: { Type: "AWS::RDS::DBInstance", Properties: properties }, Other: other };
        const text = JSON.stringify({ Parameters: { P: other }, Resources: resources }, null, indent);
        try {
          expect(patchText(text).patched.length + patchText(text).unpatched.length).toBeLessThan(2);
        } catch (error) {
          if (!(error instanceof UsageError)) throw error;
        }
      }),
      { numRuns: 300 },
    );
  });

  test("git and patch apply them, without fuzz", () => {
    const diffs = fc
      .sample(anyTemplate, { numRuns: 60, seed: 7 })
      .map((text) => ({ text, diff: patchText(text).diff }))
      .filter(({ diff }) => diff !== "")
      .slice(0, 15);
    expect(diffs.length).toBe(15);
    for (const { text, diff } of diffs) {
      const after = applyDiff(text, diff, "git");
      expect(applyDiff(text, diff, "patch")).toBe(after);
      expect(applyPatch(text, diff, { autoConvertLineEndings: false })).toBe(after);
    }
  });
});

const cfnLint = spawnSync("cfn-lint", ["--version"]).status === 0;

(cfnLint ? test : test.skip)(
  "cfn-lint finds no error in a changed template that it did not find before",
  () => {
    const folder = mkdtempSync(join(tmpdir(), "lint-"));
    const changed = fc
      .sample(anyTemplate, { numRuns: 60, seed: 11 })
      .map((text) => [text, patchText(text).diff] as const)
      .filter(([, diff]) => diff !== "")
      .slice(0, 12);
    const errorsOf = (texts: readonly string[]) => {
      for (const [index, text] of texts.entries()) writeFileSync(join(folder, `${index}.template`), text);
      const names = texts.map((_, index) => `${index}.template`);
      const { stdout } = spawnSync("cfn-lint", ["--format", "json", "--", ...names], { cwd: folder, encoding: "utf8" });
      const found: { Level: string; Rule: { Id: string }; Filename: string; Message: string }[] = JSON.parse(stdout);
      return new Set(
        found.filter(({ Level }) => Level === "Error").map(({ Rule, Filename }) => `${Filename} ${Rule.Id}`),
      );
    };
    const before = errorsOf(changed.map(([text]) => text));
    const after = errorsOf(
      changed.map(([text, diff]) => applyPatch(text, diff, { autoConvertLineEndings: false }) || ""),
    );
    rmSync(folder, { recursive: true });
    expect([...after].filter((error) => !before.has(error))).toEqual([]);
  },
  120_000,
);
