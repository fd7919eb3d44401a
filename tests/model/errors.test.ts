import { describe, expect, test } from "@jest/globals";
import { AwsCallError, isTransient } from "../../lib/model/errors.ts";

const failure = (flag: boolean) => new AwsCallError("rds:ModifyDBInstance", "Code", "No.", { isTransient: flag });

describe("isTransient", () => {
  test.each([true, false])("is what the call error says: %p", (flag) => {
    expect(isTransient(failure(flag))).toBe(flag);
  });

  test("is false for a call error that says nothing", () => {
    expect(isTransient(new AwsCallError("rds:ModifyDBInstance", "Throttling", "No."))).toBe(false);
  });

  test.each([
    Object.assign(new Error("Rate exceeded"), { name: "Throttling", code: "Throttling", isTransient: true }),
    "Throttling",
    null,
  ])("is false for anything but a failed AWS call: %p", (error) => {
    expect(isTransient(error)).toBe(false);
  });
});

test.each([true, false])("another message changes nothing else (transient: %p)", (flag) => {
  const other = failure(flag).withMessage("Never.");
  expect(other).toBeInstanceOf(AwsCallError);
  expect(other).toMatchObject({ action: "rds:ModifyDBInstance", code: "Code", isTransient: flag, message: "Never." });
});
