import { describe, expect, test } from "@jest/globals";
import { describeProgress, watchChanges } from "../../cli/watch-changes.ts";
import type { ActionName } from "../../lib/model/action.ts";
import type { RepairPort } from "../../lib/remediate/repair.ts";
import { aDatabase, secretArn } from "../support/builders.ts";

const port = () => {
  const asked: string[] = [];
  const note = (name: string) => async () => {
    asked.push(name);
  };
  const repairs: RepairPort = {
    turnOn: note("turnOn"),
    turnOff: note("turnOff"),
    rotate: note("rotate"),
    scheduleRotation: note("scheduleRotation"),
    tagSecret: note("tagSecret"),
    putResourcePolicy: note("putResourcePolicy"),
    tagDatabase: note("tagDatabase"),
    untagDatabase: note("untagDatabase"),
  };
  return { ...repairs, asked };
};

const rules = { automaticallyAfterDays: 7, scheduleExpression: null, duration: null };
const calls: Record<keyof RepairPort, (to: RepairPort) => Promise<void>> = {
  tagDatabase: (to) => to.tagDatabase("arn", "key", "value"),
  turnOff: (to) => to.turnOff(aDatabase(), "password"),
  turnOn: (to) => to.turnOn(aDatabase(), { keyReference: null, applyImmediately: true }),
  scheduleRotation: (to) => to.scheduleRotation(secretArn, rules),
  tagSecret: (to) => to.tagSecret(secretArn, {}),
  putResourcePolicy: (to) => to.putResourcePolicy(secretArn, "{}"),
  untagDatabase: (to) => to.untagDatabase("arn", "key"),
  rotate: (to) => to.rotate(aDatabase()),
};

test("every change goes through, and is remembered by its name alone", async () => {
  const direct = port();
  const { port: watched, changeLog } = watchChanges(direct, new AbortController().signal);
  for (const call of Object.values(calls)) await call(watched);
  expect(direct.asked).toEqual(Object.keys(calls));
  expect(changeLog).toEqual({ changes: Object.keys(calls) });
});

test("once it is interrupted nothing is changed any more", async () => {
  const direct = port();
  const controller = new AbortController();
  const { port: watched, changeLog } = watchChanges(direct, controller.signal);
  controller.abort();
  for (const call of Object.values(calls)) await expect(call(watched)).rejects.toThrow();
  expect({ asked: direct.asked, changeLog }).toEqual({ asked: [], changeLog: { changes: [] } });
});

describe("what state a database is in", () => {
  test.each<[ActionName, (keyof RepairPort)[], string]>([
    ["toggle", [], "nothing was changed."],
    ["finish-interrupted", [], "nothing was changed this time. It still carries the tag"],
    ["toggle", ["tagDatabase"], "it carries the tag of a toggle, and RDS still manages its password"],
    ["toggle", ["tagDatabase", "turnOff"], "RDS was asked to turn management off, with a password that nobody knows."],
    ["toggle", ["tagDatabase", "turnOff", "turnOn"], "RDS was asked to turn management on again."],
    ["enable", ["turnOn"], "RDS was asked to turn management on. Whether it is on was not seen yet."],
    ["finish-interrupted", ["turnOn"], "RDS was asked to turn management on again."],
    ["rotate", ["rotate"], "RDS was asked to rotate the secret"],
    ["schedule-rotation", ["scheduleRotation"], "automatic rotation was turned on."],
    ["toggle", ["turnOn", "scheduleRotation"], "management is on again."],
    ["toggle", ["turnOn", "tagSecret"], "management is on again."],
    ["toggle", ["turnOn", "putResourcePolicy"], "management is on again."],
    ["toggle", ["turnOn", "untagDatabase"], "all is done"],
    // A rotation that was in vain is followed by a toggle.
    ["rotate", ["rotate", "tagDatabase", "turnOff", "turnOn"], "RDS was asked to turn management on again."],
  ])("%s after %j", (action, changes, text) => expect(describeProgress({ changes }, action)).toContain(text));
});
