import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type ActionName, actionNames } from "../../lib/model/action.ts";
import { toggleTagKey } from "../../lib/model/database.ts";
import type { RequiredKey, RuleContext } from "../../lib/model/rule.ts";
import { chooseKey, type KeyChoice } from "../../lib/plan/choose-key.ts";
import { anyClassifiedDatabase, anyContext } from "../support/arbitraries.ts";
import {
  aContext,
  aDatabase,
  aKey,
  anUnseenKey,
  aSeenKey,
  keyArn,
  now,
  otherKeyArn,
  seen,
  unseen,
} from "../support/builders.ts";
import { deepFreeze } from "../support/deep-freeze.ts";
import { aMark } from "../support/repairs.ts";

const managed = aDatabase();
const unmanaged = aDatabase({ management: "unmanaged" });

const choose = (action: ActionName, database: typeof managed, context: Partial<RuleContext> = {}): KeyChoice =>
  chooseKey(action, deepFreeze(database), deepFreeze(aContext(context)));

/** A key that the policy names, and that KMS knows. */
const named = (arn: string, requirement = arn): RequiredKey => ({ requirement, ...aSeenKey({ arn }) });
const kind = (requirement: "customer-managed" | "aws-managed"): RequiredKey => ({
  requirement,
  arn: seen<string>(null),
  key: seen<never>(null),
});
const unreadable: RequiredKey = {
  requirement: "alias/orders",
  arn: unseen("it was denied"),
  key: unseen("it was denied"),
};
const missing: RequiredKey = { requirement: "alias/gone", arn: seen<string>(null), key: seen<never>(null) };

const theDefault: KeyChoice = { reference: null };
const present: KeyChoice = { reference: keyArn, key: seen(aKey()) };
const other: KeyChoice = { reference: otherKeyArn, key: seen(aKey({ arn: otherKeyArn })) };
const awsManaged = aSeenKey({ manager: "AWS" });

/** A policy that requires another key than the storage's, which is the present key. */
const differing = { differentFromStorage: true, storageKey: seen(keyArn) };
const noOtherKey: KeyChoice = {
  reference: null,
  problem: "the policy requires another key than the storage's but names none: name one under keys",
};

describe("an action without a new secret chooses no key", () => {
  test.each(["schedule-rotation", "rotate"] as const)("%s", (action) => {
    expect(choose(action, managed, { requiredKeys: [named(otherKeyArn)] })).toEqual(theDefault);
  });
});

describe("turning management on", () => {
  test.each<[string, readonly RequiredKey[], KeyChoice]>([
    ["the default key if no key is required", [], theDefault],
    ["the required key", [named(otherKeyArn)], other],
    ["the key of an alias", [named(otherKeyArn, "alias/orders")], other],
    ["the first of several required keys", [named(keyArn), named(otherKeyArn)], present],
    ["the default key if it is required", [kind("aws-managed"), named(otherKeyArn)], theDefault],
    ["the first named key, even after a kind of key", [kind("customer-managed"), named(otherKeyArn)], other],
    ["the first required key that could be read", [unreadable, missing, named(otherKeyArn)], other],
    [
      "none if only a kind of key is required",
      [kind("customer-managed")],
      { reference: null, problem: "the policy requires a customer managed key but names none: name one under keys" },
    ],
    [
      "none if the required key could not be read",
      [unreadable],
      { reference: null, problem: "the required key alias/orders could not be read (it was denied): allow that call" },
    ],
    [
      "none if no required key can be used, with the first problem",
      [missing, unreadable],
      { reference: null, problem: "the key alias/gone does not exist: create it, or name another under keys" },
    ],
  ])("%s", (_, requiredKeys, expected) => {
    expect(choose("enable", unmanaged, { requiredKeys })).toEqual(expected);
  });

  test("ignores the key of an earlier secret", () => {
    expect(choose("enable", unmanaged, { rdsKey: aSeenKey() })).toEqual(theDefault);
  });

  test("chooses a required key even if it is disabled, because its gate is closed", () => {
    const disabled = aSeenKey({ state: "Disabled" });
    expect(choose("enable", unmanaged, { requiredKeys: [{ requirement: keyArn, ...disabled }] })).toEqual({
      reference: keyArn,
      key: disabled.key,
    });
  });
});

describe("turning management off and on", () => {
  test.each<[string, Partial<RuleContext>, KeyChoice]>([
    ["the present key if no key is required", {}, present],
    ["the default key if it is the present key", { rdsKey: awsManaged }, theDefault],
    ["the present key if it is required", { requiredKeys: [named(otherKeyArn), named(keyArn)] }, present],
    ["the present key if any customer managed key is accepted", { requiredKeys: [kind("customer-managed")] }, present],
    [
      "the default key if it is present and required",
      { rdsKey: awsManaged, requiredKeys: [kind("aws-managed")] },
      theDefault,
    ],
    [
      "the default key if it is the present key, and another is accepted too",
      { rdsKey: awsManaged, requiredKeys: [named(otherKeyArn), kind("aws-managed")] },
      theDefault,
    ],
    ["the required key if the present key is another", { requiredKeys: [named(otherKeyArn)] }, other],
    [
      "the required key if the present key is the default key",
      { rdsKey: awsManaged, requiredKeys: [named(otherKeyArn)] },
      other,
    ],
    ["the default key if the present key is not accepted", { requiredKeys: [kind("aws-managed")] }, theDefault],
    [
      "the required key that is not the storage's, if the policy requires a difference",
      { ...differing, requiredKeys: [named(keyArn), named(otherKeyArn)] },
      other,
    ],
    ["none if the present key is the storage's and the policy names no other", differing, noOtherKey],
    ["none if the storage's key is the only required one", { ...differing, requiredKeys: [named(keyArn)] }, noOtherKey],
    ["the present key if it is not the storage's", { ...differing, storageKey: seen(otherKeyArn) }, present],
    [
      "none if the present key is the default key and only a kind is required",
      { rdsKey: awsManaged, requiredKeys: [kind("customer-managed")] },
      { reference: null, problem: "the policy requires a customer managed key but names none: name one under keys" },
    ],
    [
      "the required key if the present key could not be read",
      { rdsKey: anUnseenKey(null), requiredKeys: [named(otherKeyArn)] },
      other,
    ],
    [
      "the default key if it is required and the present key could not be read",
      { rdsKey: anUnseenKey(null), requiredKeys: [kind("aws-managed")] },
      theDefault,
    ],
    [
      "none if any customer managed key is accepted and the present key could not be read",
      { rdsKey: anUnseenKey(null), requiredKeys: [kind("customer-managed")] },
      { reference: null, problem: "the policy requires a customer managed key but names none: name one under keys" },
    ],
    [
      "the present key by its ARN, even if KMS does not describe it",
      { rdsKey: anUnseenKey(keyArn, "no") },
      { reference: keyArn, key: unseen("no") },
    ],
    [
      "the present key if it is required, even if KMS does not describe it",
      { rdsKey: anUnseenKey(keyArn, "no"), requiredKeys: [{ requirement: keyArn, ...anUnseenKey(keyArn, "no") }] },
      { reference: keyArn, key: unseen("no") },
    ],
    [
      "the first required key if the present key cannot be compared",
      { requiredKeys: [unreadable, missing] },
      { reference: null, problem: "the required key alias/orders could not be read (it was denied): allow that call" },
    ],
    [
      "none if the present key is unknown, because the default key may be another",
      { rdsKey: anUnseenKey(null, "RDS names no key") },
      {
        reference: null,
        problem: "the secret's present key could not be read (RDS names no key): name one under keys",
      },
    ],
    [
      "none if the present key does not exist",
      { rdsKey: { arn: seen<string>(null), key: seen<never>(null) } },
      { reference: null, problem: "the secret's present key does not exist: name another under keys" },
    ],
  ])("%s", (_, context, expected) => {
    expect(choose("toggle", managed, context)).toEqual(expected);
  });

  test("a missing present key does not meet a missing required key", () => {
    const gone = { arn: seen<string>(null), key: seen<never>(null) };
    expect(choose("toggle", managed, { rdsKey: gone, requiredKeys: [missing] })).toEqual({
      reference: null,
      problem: "the key alias/gone does not exist: create it, or name another under keys",
    });
    expect(choose("toggle", managed, { rdsKey: awsManaged, requiredKeys: [missing] })).toMatchObject({
      problem: expect.stringContaining("alias/gone"),
    });
  });
});

describe("finishing an interrupted toggle", () => {
  const finish = (tags: Record<string, string>) =>
    choose("finish-interrupted", { ...unmanaged, tags }, { requiredKeys: [named(keyArn)] });

  test("uses the key in its tag, which was not read", () => {
    const choice = finish({ [toggleTagKey]: aMark({ keyReference: otherKeyArn }) });
    expect(choice).toEqual({ reference: otherKeyArn, key: unseen("the key in the tag was not read") });
  });

  test.each([
    ["the tag names the default key", { [toggleTagKey]: aMark({ keyReference: null }) }],
    ["the tag has another format", { [toggleTagKey]: "by hand" }],
    ["it has no tag", {}],
  ])("uses the default key if %s", (_, tags) => {
    expect(finish(tags)).toEqual(theDefault);
  });

  test("ignores the tag that a copy has from its source", () => {
    const tags = { [toggleTagKey]: aMark({ keyReference: otherKeyArn }) };
    const copy = { ...unmanaged, tags, createdAt: now, resourceId: "db-COPY" };
    expect(choose("finish-interrupted", copy, { requiredKeys: [named(keyArn)] })).toEqual(theDefault);
  });
});

test("returns a key, the default key or a problem for arbitrary input", () => {
  fc.assert(
    fc.property(fc.constantFrom(...actionNames), anyClassifiedDatabase, anyContext, (action, database, context) => {
      const choice = chooseKey(action, deepFreeze(database), deepFreeze(context));
      if (choice.reference !== null) expect(choice).toHaveProperty("key");
      else expect(choice).not.toHaveProperty("key");
    }),
  );
});
