import { PassThrough } from "node:stream";
import { expect, test } from "@jest/globals";
import { createStepProgress, describeSeconds, type StepProgress } from "../../cli/repairs/step-progress.ts";

async function show(isTTY: boolean, use: (progress: StepProgress, pass: (seconds: number) => void) => unknown) {
  const stderr = Object.assign(new PassThrough(), { isTTY, columns: 50 });
  let clock = 0;
  const progress = createStepProgress({ stderr, env: { NO_COLOR: "1" }, now: () => new Date(clock) });
  await use(progress, (seconds) => {
    clock += seconds * 1000;
  });
  progress.stop();
  return String(stderr.read() ?? "");
}

const database = { status: "available", masterUserSecret: { status: "rotating" } };

test("prints each step with its result and duration", async () =>
  expect(
    await show(false, (progress, pass) => {
      progress.start("look");
      pass(0.42);
      progress.end("look", null);
      progress.start("change\u001b[2J");
      pass(75);
      progress.end("change\u001b[2J", "You may not.");
    }),
  ).toBe("  ✓ look  0.4 s\n  ✗ change  1 min 15 s  You may not.\n"));

test("prints a wait once, when it starts, with the transient error if there is one", async () =>
  expect(
    await show(false, (progress) => {
      progress.start("wait");
      for (const seconds of [5, 8]) progress.pause({ seconds, value: { database } });
      progress.end("wait", null);
      progress.start("change");
      progress.pause({ seconds: 5, failure: "Rate exceeded" });
      progress.end("change", null);
    }),
  ).toBe("  … wait\n  ✓ wait\n  … change: Rate exceeded (again in 5.0 s)\n  ✓ change\n"));

test("prints no result for a step that printed a text", async () =>
  expect(
    await show(false, async (progress) => {
      progress.start("notify: started");
      await progress.say("It begins.\n");
      progress.end("notify: started", null);
      progress.start("notify: outcome");
      await progress.say("It ended.\n");
      progress.end("notify: outcome", "the alerts topic failed");
    }),
  ).toBe("It begins.\nIt ended.\n  ✗ notify: outcome  the alerts topic failed\n"));

test("draws nothing after it was stopped", async () =>
  expect(
    await show(false, (progress) => {
      progress.start("wait");
      progress.stop();
      progress.pause({ seconds: 5 });
      progress.end("wait", "interrupted");
    }),
  ).toBe(""));

test("animates the current step with the polled value on one line of a terminal", async () => {
  const drawn = await show(true, async (progress, pass) => {
    progress.start("wait until the secret is active");
    progress.pause({ seconds: 5, value: { database } });
    pass(12);
    await new Promise((resolve) => setTimeout(resolve, 150));
    progress.end("wait until the secret is active", null);
  });
  const lines = drawn.split("\r\u001b[2K");
  expect(lines.at(-1)).toBe("  ✓ wait until the secret is active  12 s\n");
  expect(lines.some((line) => /^ {2}. wait until the secret is active {2}12 s {2}/.test(line))).toBe(true);
  expect(Math.max(...lines.slice(0, -1).map((line) => line.length))).toBeLessThan(50);
});

test.each([
  [0.04, "0.0 s"],
  [9.96, "10 s"],
  [59.4, "59 s"],
  [60, "1 min"],
  [200, "3 min 20 s"],
  [3600, "1 h"],
  [7500, "2 h 5 min"],
])("%f seconds", (seconds, text) => expect(describeSeconds(seconds)).toBe(text));
