/**
 * A disk that fills up after the files were checked. `ulimit -f` stands in for it: it refuses whatever a process writes to any file past
 * a size, also in the folder for temporary files, and never to a pipe.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { reportSchema } from "../../lib/model/report.ts";
import { toJson } from "../../lib/report/files/json.ts";
import { aTargetOf } from "../report/sample-reports.ts";
import { anInventory } from "../support/builders.ts";
import { type Ended, runCli } from "./run-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "full-disk-"));
const file = (name: string) => join(folder, name);
const inventory = join(mkdtempSync(join(tmpdir(), "full-disk-")), "inventory.json");
const databases = 200;
beforeAll(() => writeFileSync(inventory, toJson(anInventory({ targets: [aTargetOf(databases)] }))));
beforeEach(() => {
  for (const name of readdirSync(folder)) rmSync(file(name));
});
afterAll(() => {
  for (const one of [folder, join(inventory, "..")]) rmSync(one, { recursive: true });
});

/** 64 or 128 KiB, as the shell counts: less than the report has as JSON or HTML, and more than its table. */
const blocks = 128;

/** Runs the program in a process that may write files of so many blocks only. */
async function audit(...args: readonly string[]): Promise<Ended> {
  const command = ["cli/main.ts", "audit", "--from", inventory, ...args];
  const child = spawn("sh", ["-c", `ulimit -f ${blocks}; exec "$@"`, "sh", process.execPath, ...command]);
  const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { status, stdout, stderr };
}

const tooLarge = "it is larger than the file system or the limits of the process allow";
const isWhole = (json: string) => reportSchema.parse(JSON.parse(json)).findings.length === databases;

describe("a disk that fills up after the check", () => {
  test("costs the file, not the report, which goes to stdout; the earlier file stays, and no part of the new one", async () => {
    writeFileSync(file("report.json"), "earlier");
    const { status, stdout, stderr } = await audit("--output", file("report.json"));
    expect(status).toBe(4);
    expect(isWhole(stdout)).toBe(true);
    expect(stderr).toContain(
      `${file("report.json")} could not be written: ${tooLarge}. The report is on standard output instead.\n`,
    );
    expect(readdirSync(folder)).toEqual(["report.json"]);
    expect(readFileSync(file("report.json"), "utf8")).toBe("earlier");
  });

  test("costs some of several files: those that fit are whole, and none of the others is lost", async () => {
    const { status, stdout, stderr } = await audit(
      ...[
        "--format",
        `json=${file("a.json")}`,
        "--format",
        `table=${file("b.txt")}`,
        "--format",
        `html=${file("c.html")}`,
      ],
    );
    expect(status).toBe(4);
    const [json = "", html = ""] = stdout.split(/(?=<!doctype html>)/);
    expect(isWhole(json)).toBe(true);
    expect(html).toMatch(/<\/html>\n$/);
    expect(readdirSync(folder)).toEqual(["b.txt"]);
    expect(readFileSync(file("b.txt"), "utf8")).toContain("200 violations on 200 databases");
    for (const name of ["a.json", "c.html"])
      expect(stderr).toContain(
        `${file(name)} could not be written: ${tooLarge}. The report is on standard output instead.`,
      );
    expect(stderr).toContain(`The report is in ${file("b.txt")}.`);
  });

  test("costs the run of the history, not the report; the history stays what it was", async () => {
    const history = file("audits.db");
    await startHistory(history);
    const { status, stdout, stderr } = await audit("--format", "json", "--history", history);
    expect(status).toBe(4);
    expect(isWhole(stdout)).toBe(true);
    expect(stderr).toMatch(
      /^The run is not in the history\. --history \S+audits\.db cannot be used: the file system refuses .+\.$/m,
    );
    expect(await runsOf(history)).toBe(1);
  });

  test("says everything that could not be written, and loses neither the report nor its files", async () => {
    const history = file("audits.db");
    await startHistory(history);
    const { status, stdout, stderr } = await audit("--history", history, "--output", file("report.json"));
    expect(status).toBe(4);
    expect(isWhole(stdout)).toBe(true);
    expect(stderr).toContain("The run is not in the history.");
    expect(stderr).toContain(
      `${file("report.json")} could not be written: ${tooLarge}. The report is on standard output`,
    );
  });
});

/** A history with the run of an empty account. */
async function startHistory(history: string): Promise<void> {
  const empty = file("empty.json");
  writeFileSync(empty, toJson(anInventory({ observedAt: "2026-11-01T00:00:00.000Z" })));
  expect((await runCli(["audit", "--from", empty, "--history", history])).status).not.toBe(4);
}

const runsOf = async (history: string) =>
  JSON.parse((await runCli(["trend", "--history", history, "--format", "json"])).stdout).length;
