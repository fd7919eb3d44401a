import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { createStateFile, openState } from "../../cli/state-file.ts";
import { UsageError } from "../../lib/model/errors.ts";
import { emptyRemediationState, type RemediationState } from "../../lib/model/remediation-state.ts";
import { updateStored } from "../../lib/storage/update-stored.ts";
import { account, startAws } from "../simulator/aws.ts";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "state-"));
  path = join(folder, "some", "where", "remediation.json");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const failed = (failuresInARow: number): RemediationState => ({ ...emptyRemediationState, failuresInARow });
const modeOf = async (file: string) => ((await stat(file)).mode & 0o777).toString(8);

describe("the state in a file", () => {
  test("is empty before the first execution, and looking does not make it", async () => {
    expect(await createStateFile(path).read()).toEqual({ value: emptyRemediationState, version: null });
    expect(await readdir(folder)).toEqual([]);
  });

  test("is read as it was written, also by another process", async () => {
    expect(await createStateFile(path).write(failed(1), null)).toBe(true);
    const { value, version } = await createStateFile(path).read();
    expect(value).toEqual(failed(1));
    expect(await createStateFile(path).write(failed(2), version)).toBe(true);
    expect(JSON.parse(await readFile(path, "utf8"))).toEqual(failed(2));
  });

  test("is its owner's alone, whatever it was before, and nothing is left beside it", async () => {
    await createStateFile(path).write(failed(1), null);
    expect(await modeOf(path)).toBe("600");
    expect(await modeOf(dirname(path))).toBe("700");
    await chmod(path, 0o644);
    const { version } = await createStateFile(path).read();
    await createStateFile(path).write(failed(2), version);
    expect(await modeOf(path)).toBe("600");
    expect(await readdir(dirname(path))).toEqual(["remediation.json"]);
  });

  test("that somebody else wrote since is not written over", async () => {
    const [one, other] = [createStateFile(path), createStateFile(path)];
    const { version } = await one.read();
    await other.write(failed(1), version);
    expect(await one.write(failed(2), version)).toBe(false);
    const first = await one.read();
    await other.write(failed(3), first.version);
    expect(await one.write(failed(4), first.version)).toBe(false);
    expect((await one.read()).value).toEqual(failed(3));
  });

  test("that was deleted since is not written", async () => {
    const state = createStateFile(path);
    await state.write(failed(1), null);
    const { version } = await state.read();
    await rm(path);
    expect(await state.write(failed(2), version)).toBe(false);
    expect(await readdir(dirname(path))).toEqual([]);
  });

  test("loses no change of many at once", async () => {
    const count = () =>
      updateStored("it", createStateFile(path), (state) => failed(state.failuresInARow + 1), { sleep: async () => {} });
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
  ])("that is %s is an error and never empty: somebody may be at work", async (_what, text) => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    await expect(createStateFile(path).read()).rejects.toThrow(
      /remediation\.json is no state of remediation.*: restore an earlier version of it; without it nobody would know/,
    );
    expect(await readFile(path, "utf8")).toBe(text);
  });

  test("that cannot be read is the user's to mend, and never empty", async () => {
    await mkdir(path, { recursive: true });
    await expect(createStateFile(path).read()).rejects.toThrow(UsageError);
    await expect(createStateFile(path).read()).rejects.toThrow(`${path} cannot be read: EISDIR`);
    await expect(createStateFile(join(folder, "loop")).read()).resolves.toMatchObject({ version: null });
    await symlink("loop", join(folder, "loop"));
    await expect(createStateFile(join(folder, "loop")).read()).rejects.toThrow("cannot be read: ELOOP");
  });
});

describe("the place of the state", () => {
  const names = async () => (await readdir(folder, { recursive: true })).sort();

  test("is the user's state folder", async () => {
    const state = await openState(undefined, { env: { XDG_STATE_HOME: folder } });
    await state.write(failed(1), null);
    expect(await names()).toEqual(["rds-password-audit", "rds-password-audit/remediation.json"]);
  });

  test.each([{}, { XDG_STATE_HOME: "" }, { XDG_STATE_HOME: "relative" }])(
    "is below the home folder (%j)",
    async (env) => {
      const state = await openState(undefined, { env: { HOME: folder, ...env } });
      await state.write(failed(1), null);
      expect(await names()).toContain(".local/state/rds-password-audit/remediation.json");
    },
  );

  test("is a file that the user names, from where they are", async () => {
    const state = await openState(relative(process.cwd(), join(folder, "mine.json")), { env: {} });
    await state.write(failed(1), null);
    expect(await names()).toEqual(["mine.json"]);
  });

  test.each([
    "s3://",
    "s3:///",
    "s3://bucket/remediation.json",
    "s3://bucket/a/",
    "s3:bucket",
    "s3:/bucket",
    "S3://bucket",
  ])("is no bucket: %s", async (location) => {
    await expect(openState(location, { env: {} })).rejects.toThrow(UsageError);
    await expect(openState(location, { env: {} })).rejects.toThrow(
      `"${location}" names no bucket: say s3:// and its name alone`,
    );
  });

  describe("in a bucket", () => {
    const variables = { ...process.env };
    afterEach(() => {
      process.env = { ...variables };
    });

    test.each(["s3://reports-bucket", "s3://reports-bucket/"])("is the service's own (%s)", async (location) => {
      const aws = await startAws();
      const bucket = aws.region.addBucket("reports-bucket");
      Object.assign(process.env, {
        AWS_ENDPOINT_URL: aws.simulator.endpoint,
        AWS_REGION: "eu-west-1",
        AWS_ACCESS_KEY_ID: account,
        AWS_SECRET_ACCESS_KEY: "not-verified",
      });
      try {
        const state = await openState(location, { env: {} });
        expect(await state.write(failed(1), null)).toBe(true);
        expect(await state.write(failed(2), null)).toBe(false);
        expect([...bucket.objects.keys()]).toEqual(["remediation.json"]);
        expect((await state.read()).value).toEqual(failed(1));
      } finally {
        await aws.stop();
      }
    });
  });
});
