import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { lock } from "proper-lockfile";
import { createStateFile } from "../../cli/repairs/state-file.ts";
import { UsageError } from "../../lib/model/errors.ts";
import { emptyRemediationState, type RemediationState } from "../../lib/model/remediation-state.ts";
import { updateStored } from "../../lib/storage/update-stored.ts";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "state-"));
  path = join(folder, "some", "where", "remediation.json");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const failed = (failuresInARow: number): RemediationState => ({ ...emptyRemediationState, failuresInARow });
const modeOf = async (file: string) => ((await stat(file)).mode & 0o777).toString(8);

describe("a state file", () => {
  test("is empty before the first execution, and reading does not create it", async () => {
    expect(await createStateFile(path).read()).toEqual({ value: emptyRemediationState, version: null });
    expect(await readdir(folder)).toEqual([]);
  });

  test("reads what was written, also by another process", async () => {
    expect(await createStateFile(path).write(failed(1), null)).toBe(true);
    const { value, version } = await createStateFile(path).read();
    expect(value).toEqual(failed(1));
    expect(await createStateFile(path).write(failed(2), version)).toBe(true);
    expect(JSON.parse(await readFile(path, "utf8"))).toEqual(failed(2));
  });

  test("is readable only by its owner, whatever its mode was, and leaves no other file", async () => {
    await createStateFile(path).write(failed(1), null);
    expect(await modeOf(path)).toBe("600");
    expect(await modeOf(dirname(path))).toBe("700");
    await chmod(path, 0o644);
    const { version } = await createStateFile(path).read();
    await createStateFile(path).write(failed(2), version);
    expect(await modeOf(path)).toBe("600");
    expect(await readdir(dirname(path))).toEqual(["remediation.json"]);
  });

  test("rejects a write if another one came in between", async () => {
    const [one, other] = [createStateFile(path), createStateFile(path)];
    const { version } = await one.read();
    await other.write(failed(1), version);
    expect(await one.write(failed(2), version)).toBe(false);
    const first = await one.read();
    await other.write(failed(3), first.version);
    expect(await one.write(failed(4), first.version)).toBe(false);
    expect((await one.read()).value).toEqual(failed(3));
  });

  test("waits with a write while another process writes", async () => {
    await createStateFile(path).write(failed(1), null);
    const { version } = await createStateFile(path).read();
    const release = await lock(path, { realpath: false });
    let isWritten = false;
    const write = createStateFile(path)
      .write(failed(2), version)
      .then((result) => {
        isWritten = result;
      });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(isWritten).toBe(false);
    await release();
    await write;
    expect(isWritten).toBe(true);
  });

  test("rejects a write if the file was deleted in between", async () => {
    const state = createStateFile(path);
    await state.write(failed(1), null);
    const { version } = await state.read();
    await rm(path);
    expect(await state.write(failed(2), version)).toBe(false);
    expect(await readdir(dirname(path))).toEqual([]);
  });

  test("loses no change of several concurrent ones", async () => {
    const count = () =>
      updateStored(createStateFile(path), (state) => failed(state.failuresInARow + 1), { sleep: async () => {} });
    await Promise.all([count(), count(), count(), count()]);
    expect((await createStateFile(path).read()).value).toEqual(failed(4));
  });

  test.each([
    ["empty", ""],
    ["not JSON", "{"],
    ["cut", JSON.stringify(emptyRemediationState).slice(0, -1)],
    ["something else", "[]"],
    ["of another version", JSON.stringify({ ...emptyRemediationState, schemaVersion: "2.0" })],
    ["wrong inside", JSON.stringify({ ...emptyRemediationState, running: [{ arn: 1 }] })],
  ])("that is %s is an error, never empty: a repair may be running", async (_what, text) => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    await expect(createStateFile(path).read()).rejects.toThrow(
      /remediation\.json is not a valid remediation state.*: restore an earlier version; only this file records/,
    );
    expect(await readFile(path, "utf8")).toBe(text);
  });

  test("that cannot be read is a usage error, never empty", async () => {
    await mkdir(path, { recursive: true });
    await expect(createStateFile(path).read()).rejects.toThrow(UsageError);
    await expect(createStateFile(path).read()).rejects.toThrow(`${path} cannot be read: it is a directory.`);
    await expect(createStateFile(join(folder, "loop")).read()).resolves.toMatchObject({ version: null });
    await symlink("loop", join(folder, "loop"));
    await expect(createStateFile(join(folder, "loop")).read()).rejects.toThrow(
      "cannot be read: its symbolic links form a loop.",
    );
  });
});
