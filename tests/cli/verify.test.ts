import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { aTargetOf } from "../report/sample-reports.ts";
import { anInventory } from "../support/builders.ts";
import { runCli } from "./run-cli.ts";

let folder: string;
const file = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "verify-"));
  writeFileSync(file("inventory.json"), JSON.stringify(anInventory({ targets: [aTargetOf(2)] })));
  writeFileSync(file("other.json"), JSON.stringify(anInventory({ targets: [aTargetOf(3)] })));
  writeFileSync(file("policy.yaml"), "severities: { master-password-managed: low }\n");
  writeFileSync(file("later.yaml"), "severities: { master-password-managed: high }\n");
  const from = ["audit", "--from", file("inventory.json")];
  await runCli([...from, "-o", file("report.json")]);
  await runCli([...from, "-o", file("by-policy.json"), "--policy", file("policy.yaml")]);
  await runCli([...from, "-o", file("narrowed.json"), "--severity", "critical"]);
  const report = JSON.parse(readFileSync(file("report.json"), "utf8"));
  const { digest: _, ...without } = report;
  writeFileSync(file("without.json"), JSON.stringify(without));
  writeFileSync(file("changed.json"), JSON.stringify({ ...report, clean: true }));
  writeFileSync(file("added.json"), JSON.stringify({ ...report, note: "approved" }));
  const sorted = Object.fromEntries(Object.entries(report).reverse());
  writeFileSync(file("reformatted.json"), JSON.stringify(sorted));
});
afterAll(() => rmSync(folder, { recursive: true }));

const verify = async (...args: string[]) => {
  const { stdout, stderr, status } = await runCli(["verify", ...args]);
  return { status, text: `${stdout}${stderr}`.replaceAll(`${folder}/`, "") };
};

describe("verify", () => {
  test("an unchanged report", async () => {
    const { status, text } = await verify(file("report.json"));
    expect(status).toBe(0);
    expect(text).toMatch(/^UNCHANGED {2}report\.json has the content that its digest is of: sha256:[0-9a-f]{64}\.\n$/);
  });

  test("a report in another format and order of keys is unchanged", async () =>
    expect((await verify(file("reformatted.json"))).status).toBe(0));

  test.each(["changed.json", "added.json"])("%s is changed", async (name) => {
    const { status, text } = await verify(file(name));
    expect(status).toBe(1);
    expect(text).toMatch(/^CHANGED {2}/);
  });

  test("the same inventory gives the same report", async () =>
    expect(await verify(file("report.json"), "--from", file("inventory.json"))).toEqual({
      status: 0,
      text: expect.stringContaining("SAME  inventory.json, judged again, gives the same 2 findings on 2 databases.\n"),
    }));

  test("another inventory gives another report", async () =>
    expect(await verify(file("report.json"), "--from", file("other.json"))).toEqual({
      status: 1,
      text: expect.stringContaining(
        "DIFFERENT  other.json, judged again, gives another report: 1 finding only in the inventory (master-password-managed/arn:aws:rds:eu-west-1:123456789012:db:db-0002); different coverage, summary, byRule, databases, findings.\n",
      ),
    }));

  test("a changed report is not excused by the inventory that it is from", async () => {
    const { status, text } = await verify(file("changed.json"), "--from", file("inventory.json"));
    expect(status).toBe(1);
    expect(text).toContain("different clean.");
  });

  test("with the policy of the report", async () => {
    const args = [file("by-policy.json"), "--from", file("inventory.json"), "--policy"];
    expect((await verify(...args, file("policy.yaml"))).status).toBe(0);
    expect(await verify(...args, file("later.yaml"))).toEqual({
      status: 2,
      text: expect.stringMatching(
        /The policy is not the one of the report, policy\.yaml with the SHA-256 [0-9a-f]{64}\.\n$/,
      ),
    });
  });

  test.each<[string, string[], string]>([
    ["no file", ["none.json"], "none.json cannot be read: there is no such file."],
    [
      "an inventory",
      ["inventory.json"],
      "inventory.json is an inventory, not a report: give one that audit --format json wrote.",
    ],
    ["text", ["policy.yaml"], "policy.yaml is not a report: it is not JSON; give one that audit --format json wrote."],
    ["no digest", ["without.json"], "without.json has no digest: it was not written by audit --format json."],
    [
      "a missing policy",
      ["by-policy.json", "--from", "inventory.json"],
      "The report was made with the policy policy.yaml: give it with --policy.",
    ],
    [
      "a policy too many",
      ["report.json", "--from", "inventory.json", "--policy", "policy.yaml"],
      "The report was made without a policy file: omit --policy.",
    ],
    [
      "a narrowed report",
      ["narrowed.json", "--from", "inventory.json"],
      "The report shows only a part of the findings: --from needs one that was made without filters.",
    ],
    [
      "a policy without an inventory",
      ["report.json", "--policy", "policy.yaml"],
      "--policy has no effect without --from: add --from, or omit --policy.",
    ],
  ])("refuses %s", async (_, args, message) => {
    const { status, text } = await verify(...args.map((arg) => (arg.startsWith("--") ? arg : file(arg))));
    expect(status).toBe(2);
    expect(text.endsWith(`${message}\n`)).toBe(true);
  });
});
