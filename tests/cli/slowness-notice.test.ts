import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import { createSlownessNotice } from "../../cli/output/slowness-notice.ts";

const textOf = (stream: PassThrough) => String(stream.read() ?? "");

test.each([
  [null, "AWS has not answered everything after 0.02 seconds. To stop earlier, use --timeout.\n"],
  [
    { done: 3, total: 17 },
    "AWS has not answered everything after 0.02 seconds. 3 of 17 Regions are read. To stop earlier, use --timeout.\n",
  ],
])("says once that reading is slow: progress %j", async (progress, text) => {
  const stream = new PassThrough();
  const notice = createSlownessNotice(stream, 0.02);
  if (progress !== null) notice.show(progress);
  await sleep(100);
  notice.stop();
  expect(textOf(stream)).toBe(text);
});

test("says nothing if reading ends earlier", async () => {
  const stream = new PassThrough();
  createSlownessNotice(stream, 0.02).stop();
  await sleep(100);
  expect(textOf(stream)).toBe("");
});
