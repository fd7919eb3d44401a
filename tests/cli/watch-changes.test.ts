import { describe, expect, test } from "@jest/globals";
import { describeProgress, watchChanges } from "../../cli/repairs/watch-changes.ts";
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

test("passes each change on and logs its name", async () => {
  const direct = port();
  const { port: watched, changeLog } = watchChanges(direct, new AbortController().signal);
  for (const call of Object.values(calls)) await call(watched);
  expect(direct.asked).toEqual(Object.keys(calls));
  expect(changeLog).toEqual({ changes: Object.keys(calls) });
});

test("rejects each change once the signal is aborted", async () => {
  const direct = port();
  const controller = new AbortController();
  const { port: watched, changeLog } = watchChanges(direct, controller.signal);
  controller.abort();
  for (const call of Object.values(calls)) await expect(call(watched)).rejects.toThrow();
  expect({ asked: direct.asked, changeLog }).toEqual({ asked: [], changeLog: { changes: [] } });
});

describe("the progress", () => {
  test.each<[ActionName, (keyof RepairPort)[], string]>([
    ["toggle", [], "nothing was changed."],
    ["finish-interrupted", [], "nothing was changed in this run. The tag of the interrupted toggle is still on it"],
    ["toggle", ["tagDatabase"], "it has the toggle tag, and RDS still manages its password"],
    ["toggle", ["tagDatabase", "turnOff"], "RDS was asked to turn management off, with a password that was not kept."],
    ["toggle", ["tagDatabase", "turnOff", "turnOn"], "RDS was asked to turn management on again."],
    ["enable", ["turnOn"], "RDS was asked to turn management on. The result was not verified yet."],
    ["finish-interrupted", ["turnOn"], "RDS was asked to turn management on again."],
    ["rotate", ["rotate"], "RDS was asked to rotate the password"],
    ["schedule-rotation", ["scheduleRotation"], "automatic rotation was turned on."],
    ["toggle", ["turnOn", "scheduleRotation"], "management is on again."],
    ["toggle", ["turnOn", "tagSecret"], "management is on again."],
    ["toggle", ["turnOn", "putResourcePolicy"], "management is on again."],
    ["toggle", ["turnOn", "untagDatabase"], "everything is done"],
    // A toggle follows a rotation that did not help.
    ["rotate", ["rotate", "tagDatabase", "turnOff", "turnOn"], "RDS was asked to turn management on again."],
  ])("%s after %j", (action, changes, text) => expect(describeProgress({ changes }, action)).toContain(text));
});
