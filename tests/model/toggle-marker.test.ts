import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  formatToggleMarker,
  ownToggleTagOf,
  parseToggleMarker,
  type ToggleMarker,
  toggleTagOf,
} from "../../lib/model/toggle-marker.ts";
import { keyArn } from "../support/builders.ts";

const startedAt = "2026-11-24T02:00:00.123Z";
const execution = "toggle-orders-1";

/** What RDS takes in the value of a tag. Source: the pattern of Tag in its API, and the restrictions in the user guide. */
const tagValue = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u;

/** A name as long as Lambda allows for a durable execution. */
const longestExecution = "e".repeat(64);
const longestKeyArns = [
  "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/mrk-0123456789abcdef0123456789abcdef",
  "arn:aws-iso-b:kms:us-isob-east-1:123456789012:key/12345678-90ab-cdef-1234-567890abcdef",
  "arn:aws-cn:kms:cn-northwest-1:123456789012:key/mrk-0123456789abcdef0123456789abcdef",
  "arn:aws:kms:ap-southeast-1:123456789012:key/mrk-0123456789abcdef0123456789abcdef",
];

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: length, maxLength: length });
const keyId = fc.oneof(
  hex(32).map((id) => `mrk-${id}`),
  hex(32).map((id) => id.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")),
);
const aliasName = fc
  .string({ unit: fc.constantFrom(..."abcXYZ019_/-"), minLength: 1, maxLength: 60 })
  .map((name) => `alias/${name}`);
const arnOf = <T extends string>(part: fc.Arbitrary<T>) =>
  fc.tuple(fc.constantFrom("aws", "aws-cn", "aws-us-gov"), part).map(([partition, name]) => {
    const resource = name.startsWith("alias/") ? name : `key/${name}`;
    return `arn:${partition}:kms:eu-west-1:123456789012:${resource}`;
  });
const anyMarker: fc.Arbitrary<ToggleMarker> = fc.record({
  startedAt: fc
    .date({ noInvalidDate: true, min: new Date("2024-01-01"), max: new Date("2099-12-31") })
    .map((date) => date.toISOString()),
  keyReference: fc.option(fc.oneof(keyId, aliasName, arnOf(keyId), arnOf(aliasName)), { nil: null }),
  execution: fc.string({ unit: fc.constantFrom(..."abcXYZ019_-"), minLength: 1, maxLength: 64 }),
  oldSecretSuffix: fc.string({ unit: fc.constantFrom(..."abcXYZ019"), minLength: 6, maxLength: 6 }),
});

const oldSecretSuffix = "AbCdEf";
const rest = { execution, oldSecretSuffix };

describe("the value of a toggle tag", () => {
  test.each([
    [{ startedAt, keyReference: keyArn, ...rest }, `${startedAt} ${keyArn} ${execution} AbCdEf`],
    [{ startedAt, keyReference: null, ...rest }, `${startedAt} aws-managed ${execution} AbCdEf`],
    [{ startedAt, keyReference: "alias/orders", ...rest }, `${startedAt} alias/orders ${execution} AbCdEf`],
  ])("%j is written in four words, and read again", (marker, text) => {
    expect(formatToggleMarker(marker)).toBe(text);
    expect(parseToggleMarker(text)).toEqual(marker);
  });

  test("is valid in RDS and parses to the same marker", () => {
    fc.assert(
      fc.property(anyMarker, (marker) => {
        const text = formatToggleMarker(marker);
        expect(text).toMatch(tagValue);
        expect(parseToggleMarker(text)).toEqual(marker);
      }),
    );
  });

  test.each(longestKeyArns)("there is room for %s and the longest name of an execution", (keyReference) => {
    const text = formatToggleMarker({ startedAt, keyReference, execution: longestExecution, oldSecretSuffix });
    expect(text).toMatch(tagValue);
    expect(parseToggleMarker(text)).toEqual({ startedAt, keyReference, execution: longestExecution, oldSecretSuffix });
  });

  test("there is room for an alias of 113 characters by its ARN, where KMS allows 256: longer ones need the ARN of their key", () => {
    const keyReference = `arn:aws-us-gov:kms:us-gov-west-1:123456789012:${"alias/".padEnd(113, "a")}`;
    expect(formatToggleMarker({ startedAt, keyReference, execution: longestExecution, oldSecretSuffix })).toMatch(
      tagValue,
    );
  });
});

describe("a value in another format is not acted on", () => {
  test.each([
    "",
    " ",
    "true",
    "in progress",
    startedAt,
    `${startedAt} ${keyArn}`,
    `${startedAt}  ${execution}`,
    `${startedAt} ${keyArn} `,
    ` ${startedAt} ${keyArn} ${execution} AbCdEf`,
    `${startedAt} ${keyArn} ${execution}`,
    `${startedAt} ${keyArn} ${execution} again`,
    `${startedAt} ${keyArn} ${execution} AbCdE-`,
    `${startedAt} ${keyArn} ${execution} AbCdEf again`,
    `${startedAt} ${keyArn} ${execution} AbCdEf `,
    `${startedAt}\t${keyArn}\t${execution}\tAbCdEf`,
    `yesterday ${keyArn} ${execution} AbCdEf`,
    `2026-13-24T02:00:00Z ${keyArn} ${execution} AbCdEf`,
    `2026-02-30T02:00:00Z ${keyArn} ${execution} AbCdEf`,
    `2026-11-24 ${keyArn} ${execution} AbCdEf`,
    `2026 ${keyArn} ${execution} AbCdEf`,
    `1 ${keyArn} ${execution} AbCdEf`,
    `${startedAt} key ${execution} AbCdEf`,
    `${startedAt} customer-managed ${execution} AbCdEf`,
    `${startedAt} arn:aws:rds:eu-west-1:123456789012:db:orders ${execution} AbCdEf`,
    "May release planned",
    "5 people know",
  ])("%j", (value) => {
    expect(parseToggleMarker(value)).toBeNull();
  });

  test("parses any text to a marker with the same format, or to null", () => {
    const word = fc.oneof(fc.string(), fc.constantFrom(startedAt, keyArn, "aws-managed", execution, oldSecretSuffix));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 5 }), (words) => {
        const value = words.join(" ");
        const marker = parseToggleMarker(value);
        if (marker !== null) expect(formatToggleMarker(marker)).toBe(value);
      }),
    );
  });
});

describe("the toggle tag of a database", () => {
  const text = `${startedAt} aws-managed ${execution} ${oldSecretSuffix}`;
  const taggedWith = (value: string, createdAt: string | null, resourceId = "db-ORDERS") => ({
    tags: { "rds-password-audit:toggle": value },
    createdAt,
    resourceId,
  });

  test("is null without the tag", () => {
    const database = { tags: { "rds-password-audit": text }, createdAt: null, resourceId: "db-ORDERS" };
    expect([toggleTagOf(database), ownToggleTagOf(database)]).toEqual([null, null]);
  });

  test.each<[string, string, string | null]>([
    ["a toggle since it was created", text, "2026-11-24T02:00:00.122Z"],
    ["a toggle of the instant in which it was created", text, startedAt],
    ["the same in RDS's own notation", text, "2026-11-24T02:00:00.123000+00:00"],
    ["a toggle of a database whose age is not known", text, null],
    ["a value in another format", "5 people know", "2026-11-25T00:00:00Z"],
  ])("is its own: %s", (_, value, createdAt) => {
    const toggleTag = { text: value, marker: parseToggleMarker(value), isInherited: false };
    expect(toggleTagOf(taggedWith(value, createdAt))).toEqual(toggleTag);
    expect(ownToggleTagOf(taggedWith(value, createdAt))).toEqual(toggleTag);
  });

  test.each(["toggle-orders-1", "orders"])(
    "is its own where its execution is named after it, whatever the clocks say: %s",
    (resourceId) => {
      const young = taggedWith(text, "2026-11-24T02:05:00.000Z", resourceId);
      expect(ownToggleTagOf(young)).toMatchObject({ text, isInherited: false });
    },
  );

  test("is inherited, and not acted on, if it is older than the database", () => {
    const copy = taggedWith(text, "2026-11-24T02:00:00.124Z");
    expect(toggleTagOf(copy)).toMatchObject({ text, isInherited: true });
    expect(ownToggleTagOf(copy)).toBeNull();
  });
});
