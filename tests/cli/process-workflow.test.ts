import { describe, expect, test } from "@jest/globals";
import { createProcessWorkflow } from "../../cli/repairs/process-workflow.ts";
import { AwsCallError } from "../../lib/model/errors.ts";
import { now } from "../support/builders.ts";

/** A workflow whose pauses take no time, and what was heard of it. */
function start() {
  const heard: string[] = [];
  const pauses: number[] = [];
  let clock = Date.parse(now);
  const controller = new AbortController();
  const workflow = createProcessWorkflow({
    now: () => new Date(clock),
    sleep: async (milliseconds, signal) => {
      signal.throwIfAborted();
      pauses.push(milliseconds / 1000);
      clock += milliseconds;
    },
    signal: controller.signal,
    listener: {
      start: (name) => heard.push(`begin ${name}`),
      pause: ({ seconds, value, failure }) => heard.push(`pause ${seconds} ${value ?? ""}${failure ?? ""}`),
      end: (name, failure) => heard.push(`end ${name} ${failure ?? ""}`),
    },
  });
  return { workflow, heard, pauses, controller };
}

const throttled = () => new AwsCallError("rds:ModifyDBInstance", "Throttling", "Rate exceeded", { isTransient: true });
const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

describe("step", () => {
  test("runs its work once and reports it", async () => {
    const { workflow, heard } = start();
    expect(await workflow.step("look", async () => 7)).toBe(7);
    expect(heard).toEqual(["begin look", "end look "]);
  });

  test("retries a transient error with growing pauses", async () => {
    const { workflow, heard } = start();
    let tries = 0;
    const work = async () => {
      tries += 1;
      if (tries < 3) throw throttled();
      return tries;
    };
    expect(await workflow.step("change", work)).toBe(3);
    expect(heard).toEqual(["begin change", "pause 5 Rate exceeded", "pause 10 Rate exceeded", "end change "]);
  });

  test("retries for about ten minutes", async () => {
    const { workflow, pauses } = start();
    await expect(workflow.step("change", () => Promise.reject(throttled()))).rejects.toThrow("Rate exceeded");
    expect(sum(pauses)).toBe(635);
  });

  test("throws any other error at once", async () => {
    const { workflow, heard, pauses } = start();
    const denied = new AwsCallError("rds:ModifyDBInstance", "AccessDenied", "You may not.");
    await expect(workflow.step("change", () => Promise.reject(denied))).rejects.toBe(denied);
    expect({ heard, pauses }).toEqual({ heard: ["begin change", "end change You may not."], pauses: [] });
  });
});

describe("poll", () => {
  test("reads until the condition holds", async () => {
    const { workflow, pauses } = start();
    let polls = 0;
    const observe = async () => {
      polls += 1;
      return polls;
    };
    const polled = await workflow.poll("wait", observe, { until: (value) => value === 4, timeoutMinutes: 60 });
    expect({ polled, pauses }).toEqual({ polled: { met: true, value: 4, error: null }, pauses: [5, 8, 11] });
  });

  test("ends at the timeout with the last value; no pause exceeds five minutes", async () => {
    const { workflow, pauses, heard } = start();
    const polled = await workflow.poll("wait", async () => "off", { until: () => false, timeoutMinutes: 60 });
    expect(polled).toEqual({ met: false, value: "off", error: null });
    expect(sum(pauses)).toBe(3600);
    expect(Math.max(...pauses)).toBe(300);
    expect(heard.at(-1)).toBe("end wait not within 60 minutes");
  });

  test("keeps the last value after a read that throws", async () => {
    const { workflow, heard } = start();
    const never = await workflow.poll("wait", () => Promise.reject(throttled()), {
      until: () => true,
      timeoutMinutes: 0.2,
    });
    expect(never).toEqual({ met: false, value: null, error: "Rate exceeded" });
    expect(heard.at(-1)).toBe("end wait not within 0.2 minutes (Rate exceeded)");
    let polls = 0;
    const once = async () => {
      polls += 1;
      if (polls > 1) throw throttled();
      return "off";
    };
    expect(await workflow.poll("wait", once, { until: () => false, timeoutMinutes: 1 })).toEqual({
      met: false,
      value: "off",
      error: "Rate exceeded",
    });
  });
});

describe("sleepUntil", () => {
  test.each([
    ["2026-11-24T14:00:00.000Z", [7200]],
    ["2026-11-24T11:00:00.000Z", []],
  ])("%s", async (instant, expected) => {
    const { workflow, pauses } = start();
    await workflow.sleepUntil("wait for the window", instant);
    expect(pauses).toEqual(expected);
  });
});

test("requests no approval", async () => {
  const { workflow } = start();
  await expect(workflow.ask("ask", async () => {}, { timeoutHours: 1 })).rejects.toThrow(
    '"ask" is not possible at a terminal',
  );
});

describe("interrupted", () => {
  test("finishes the running step and starts no other", async () => {
    const { workflow, heard, controller } = start();
    const first = await workflow.step("change", async () => {
      controller.abort();
      return "done";
    });
    expect(first).toBe("done");
    await expect(workflow.step("next", async () => "never")).rejects.toThrow();
    await expect(workflow.poll("wait", async () => 1, { until: () => true, timeoutMinutes: 1 })).rejects.toThrow();
    await expect(workflow.sleepUntil("wait", now)).rejects.toThrow();
    expect(heard).toEqual(["begin change", "end change "]);
  });

  test("ends a pause early", async () => {
    const { workflow, heard, controller } = start();
    const observe = async () => {
      controller.abort();
      return "off";
    };
    await expect(workflow.poll("wait", observe, { until: () => false, timeoutMinutes: 1 })).rejects.toThrow();
    expect(heard.at(-1)).toBe("end wait interrupted");
  });
});
