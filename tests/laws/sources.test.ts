import { globSync, readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { auditPolicy } from "../../lib/audit/permissions.ts";
import { defaultPolicy } from "../../lib/model/default-policy.ts";
import { rules } from "../../rules/index.ts";

/** The lines of some files in which a pattern occurs, comments left out. */
function occurrences(pattern: RegExp, ...folders: string[]): string[] {
  const files = folders.flatMap((folder) => globSync(`${folder}/**/*.ts`));
  expect(files.length).toBeGreaterThan(0);
  return files.flatMap((file) =>
    readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => pattern.test(line.replace(/^\s*(\/\/|\/?\*).*/, "")))
      .map((line) => `${file}: ${line.trim()}`),
  );
}

describe("promises that the source keeps", () => {
  test("no secret's value is asked for anywhere; the only mention is the denial in the IAM policy", () => {
    const mentions = occurrences(/GetSecretValue/, "lib", "rules", "cli", "bench", "scripts");
    expect(mentions.map((mention) => mention.split(":")[0])).toEqual(["lib/audit/permissions.ts"]);
  });

  test("the auditor's IAM policy changes nothing, and denies the values of all secrets", () => {
    const { Statement } = auditPolicy(rules, defaultPolicy);
    const allowed = Statement.filter(({ Effect }) => Effect === "Allow").flatMap(({ Action }) => Action);
    expect(allowed.length).toBeGreaterThan(8);
    expect(allowed.filter((action) => !/:(Describe|List|GetResourcePolicy|GetCallerIdentity)/.test(action))).toEqual(
      [],
    );
    expect(Statement.filter(({ Effect }) => Effect === "Deny")).toEqual([
      expect.objectContaining({
        Action: ["secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue"],
        Resource: "*",
      }),
    ]);
  });

  test("nothing here changes a database, a secret or a key: what is written are reports, messages, findings and evaluations", () => {
    const commands = occurrences(/\b[A-Z]\w+Command\b/, "lib", "rules", "cli", "functions").join("\n");
    const sent = [...commands.matchAll(/new (\w+)Command/g)].map(([, name]) => name);
    expect([...new Set(sent)].sort()).toEqual([
      "AssumeRole",
      "BatchImportFindings",
      "DescribeKey",
      "DescribeSecret",
      "GenerateDataKey",
      "GetCallerIdentity",
      "GetObject",
      "GetResourcePolicy",
      "HeadObject",
      "PublishBatch",
      "PutEvaluations",
      "PutObject",
    ]);
  });

  test("no data key is ever made: KMS is only asked whether it would make one", () => {
    const calls = occurrences(/GenerateDataKey\w*Command\(/, "lib", "rules", "cli", "functions");
    expect(calls.map((call) => call.split(":")[0])).toEqual(["lib/aws/create-region.ts"]);
    for (const call of calls) expect(call).toMatch(/new GenerateDataKeyCommand\(\{.*\bDryRun: true\b.*\}\)/);
  });

  test("the pure parts have no clock, no randomness, no environment and no console", () => {
    const impure =
      /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bprocess\.|\bconsole\.\w+\(|\bcrypto\b|performance\.now/;
    expect(occurrences(impure, "lib/model", "lib/audit", "lib/report", "rules")).toEqual([]);
  });
});
