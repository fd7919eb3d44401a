import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  isKeyReference,
  isUnusableKeyState,
  isUsableKeyState,
  toCanonicalReference,
  toKeyArn,
} from "../../lib/model/key.ts";
import { account, keyArn, region } from "../support/builders.ts";

const scope = { partition: "aws", region, account };
const keyId = "11111111-2222-3333-4444-555555555555";
const aliasArn = `arn:aws:kms:${region}:${account}:alias/orders`;
const foreignArn = "arn:aws-cn:kms:cn-north-1:210987654321:key/mrk-0123456789abcdef0123456789abcdef";

describe("the ARN that a reference means", () => {
  test("an ARN means itself, wherever its key is", () => {
    expect(toKeyArn(keyArn, scope)).toBe(keyArn);
    expect(toKeyArn(foreignArn, scope)).toBe(foreignArn);
  });

  test("a bare key id means the key of that id in the account and Region where it was found", () => {
    expect(toKeyArn(keyId, scope)).toBe(keyArn);
    expect(toKeyArn("mrk-1", { ...scope, partition: "aws-us-gov" })).toBe(
      `arn:aws-us-gov:kms:${region}:${account}:key/mrk-1`,
    );
  });

  test("an alias can only be resolved by KMS", () => {
    expect(toKeyArn("alias/orders", scope)).toBeNull();
    expect(toKeyArn(aliasArn, scope)).toBeNull();
  });

  test("an id that merely contains the word alias is no alias", () => {
    expect(toKeyArn("my-alias/1", scope)).toBe(`arn:aws:kms:${region}:${account}:key/my-alias/1`);
  });
});

describe("the reference that is asked of KMS", () => {
  test("two spellings of one key are one reference", () => {
    expect(toCanonicalReference(keyId, scope)).toBe(keyArn);
    expect(toCanonicalReference(keyArn, scope)).toBe(keyArn);
    expect(toCanonicalReference("alias/orders", scope)).toBe(aliasArn);
    expect(toCanonicalReference(aliasArn, scope)).toBe(aliasArn);
  });

  test("making it canonical once more changes nothing, whatever the text", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.stringMatching(/^[\w-]{1,40}$/), fc.constantFrom(keyId, keyArn, aliasArn, "alias/orders")),
        (text) => {
          const once = toCanonicalReference(text, scope);
          expect(toCanonicalReference(once, scope)).toBe(once);
        },
      ),
    );
  });
});

describe("what AWS could take for a key", () => {
  test.each([
    keyArn,
    foreignArn,
    keyId,
    "mrk-0123456789abcdef0123456789abcdef",
    "alias/orders",
    "alias/team-a/orders",
    aliasArn,
  ])("%s", (text) => {
    expect(isKeyReference(text)).toBe(true);
  });

  test.each([
    "",
    "orders",
    "alias/",
    "alias/*",
    `${keyId}0`,
    `x${keyId}`,
    "mrk-1",
    "arn:aws:kms:eu-west-1:1:key/1",
    `x${keyArn}`,
    "arn:aws:s3:::alias/x",
  ])("not %j", (text) => {
    expect(isKeyReference(text)).toBe(false);
  });
});

describe("the states of a key", () => {
  test.each([
    ["Enabled", true, false],
    ["Updating", true, false],
    ["Disabled", false, true],
    ["PendingDeletion", false, true],
    ["PendingReplicaDeletion", false, true],
    ["PendingImport", false, true],
    ["Unavailable", false, true],
    ["Creating", false, false],
    ["enabled", false, false],
    ["", false, false],
  ])("%j is usable: %s, unusable: %s", (state, usable, unusable) => {
    expect([isUsableKeyState(state), isUnusableKeyState(state)]).toEqual([usable, unusable]);
  });

  test("no state is both", () => {
    fc.assert(fc.property(fc.string(), (state) => !(isUsableKeyState(state) && isUnusableKeyState(state))));
  });
});
