import { PassThrough } from "node:stream";
import { expect, test } from "@jest/globals";
import { createStepProgress, describeSeconds, type StepProgress } from "../../cli/step-progress.ts";

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

test("each step by name, with what came of it and how long it took", async () =>
  expect(
    await show(false, (progress, pass) => {
      progress.startAction("look");
      pass(0.42);
      progress.end("look", null);
      progress.startAction("change\u001b[2J");
      pass(75);
      progress.end("change\u001b[2J", "You may not.");
    }),
  ).toBe("  ✓ look  0.4 s\n  ✗ change  1 min 15 s  You may not.\n"));

test("a wait is told once when it begins, and what AWS refuses for now with it", async () =>
  expect(
    await show(false, (progress) => {
      progress.startAction("wait");
      for (const seconds of [5, 8]) progress.pause({ seconds, seen: { database } });
      progress.end("wait", null);
      progress.startAction("change");
      progress.pause({ seconds: 5, failure: "Rate exceeded" });
      progress.end("change", null);
    }),
  ).toBe("  … wait\n  ✓ wait\n  … change: Rate exceeded (again in 5.0 s)\n  ✓ change\n"));

test("a step that has told something has said all", async () =>
  expect(
    await show(false, async (progress) => {
      progress.startAction("tell that it begins");
      await progress.say("It begins.\n");
      progress.end("tell that it begins", null);
      progress.startAction("tell how it ended");
      await progress.say("It ended.\n");
      progress.end("tell how it ended", "the alerts topic took nothing");
    }),
  ).toBe("It begins.\nIt ended.\n  ✗ tell how it ended  the alerts topic took nothing\n"));

test("after it was taken down nothing more is drawn", async () =>
  expect(
    await show(false, (progress) => {
      progress.startAction("wait");
      progress.stop();
      progress.pause({ seconds: 5 });
      progress.end("wait", "interrupted");
    }),
  ).toBe(""));

test("on a terminal the step that is at work moves, with what was seen, on one line", async () => {
  const drawn = await show(true, async (progress, pass) => {
    progress.startAction("wait until the secret is active");
    progress.pause({ seconds: 5, seen: { database } });
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
