import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { readPolicy } from "../../cli/input/policy-file.ts";
import { defaultPolicy } from "../../lib/model/default-policy.ts";
import { runCli } from "./run-cli.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "bad-input-"));
});

afterEach(() => rm(folder, { recursive: true }));

describe("a policy file", () => {
  const text = "rulesOff: [rotation-enabled]\nregions: [eu-west-1]\n";
  const write = async (content: string | Buffer) => {
    const file = join(folder, "policy.yml");
    await writeFile(file, content);
    return file;
  };

  test.each([
    ["with a byte order mark", `\uFEFF${text}`],
    ["with the line ends of Windows", text.replaceAll("\n", "\r\n")],
  ])("%s is read", async (_, content) => {
    expect(await readPolicy(await write(content))).toEqual({
      ...defaultPolicy,
      rulesOff: ["rotation-enabled"],
      regions: ["eu-west-1"],
    });
  });

  test.each<[string, string | Buffer, string]>([
    ["of 0 bytes", "", "is empty: fill it, or use no policy file."],
    ["in UTF-16", Buffer.from(`\uFEFF${text}`, "utf16le"), "is UTF-16 text: save it as UTF-8."],
    ["in UTF-16 without a mark", Buffer.from(text, "utf16le"), "is not a text file in UTF-8."],
    ["that is binary", Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0xff]), "is not a text file in UTF-8."],
  ])("%s is refused", async (_, content, sentence) => {
    const file = await write(content);
    const ended = await runCli(["audit", "--region", "eu-west-1", "--policy", file]);
    expect(ended).toEqual({ status: 2, stdout: "", stderr: `${file} ${sentence}\n` });
  });

  test("that is a directory is refused", async () => {
    const ended = await runCli(["audit", "--region", "eu-west-1", "--policy", folder]);
    expect(ended).toEqual({ status: 2, stdout: "", stderr: `${folder} cannot be read: it is a directory.\n` });
  });
});

test.each([
  ["all", '"all" is not a Region: to read every Region that is enabled, give --all-regions.'],
  ["*", '"*" is not a Region: to read every Region that is enabled, give --all-regions.'],
  ["eu-west-1a", '"eu-west-1a" is not a known Region (did you mean "eu-west-1"?).'],
  ["eu_west_1", '"eu_west_1" is not a known Region (did you mean "eu-west-1"?).'],
])("--region %s is refused", async (region, sentence) => {
  const account = { name: "mine", listRegions: async () => [], identify: noCall, region: noCall };
  const ended = await runCli(["audit", "--region", region], { aws: { createAccount: () => account } });
  expect(ended).toEqual({ status: 2, stdout: "", stderr: `${sentence}\n` });
});

function noCall(): never {
  throw new Error("AWS must not be called");
}

test("several names for explain are refused", async () => {
  const ended = await runCli(["explain", "orders", "shop"]);
  expect(ended).toEqual({ status: 2, stdout: "", stderr: 'explain takes one name, not several: "orders, shop".\n' });
});

test("a full disk under standard output is said in one sentence", async () => {
  const full = new Writable({
    write: (_, __, callback) =>
      callback(
        Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC", syscall: "write" }),
      ),
  });
  full.on("error", () => {});
  const { status, stderr } = await runCli(["rules"], { stdout: full });
  expect([status, stderr]).toEqual([4, "The output could not be written: no space is left on the device.\n"]);
});
