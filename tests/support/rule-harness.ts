import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { ask, judge } from "../../lib/audit/judge.ts";
import type { ClassifiedDatabase } from "../../lib/model/database.ts";
import { defaultPolicy } from "../../lib/model/default-policy.ts";
import type { Status } from "../../lib/model/finding.ts";
import type { Evidence, Rule, RuleContext } from "../../lib/model/rule.ts";
import { statusOf } from "../../lib/model/rule.ts";
import { anyClassifiedDatabase, anyContext, anyUnseenFact, anyUnseenKey } from "./arbitraries.ts";
import { deepFreeze } from "./deep-freeze.ts";

/** One case of a rule: what is judged, and what the rule must say of it. */
export type Example = {
  readonly name: string;
  readonly database: ClassifiedDatabase;
  readonly context: RuleContext;
  /** Id of the message. */
  readonly messageId: string;
  /** What the message or its remedy must contain: the values that fill its slots. */
  readonly mentions?: readonly string[];
  /** The facts that the verdict rests on; checked for everything that is NON_COMPLIANT, and elsewhere where it is given. */
  readonly evidence?: Readonly<Record<string, Evidence>>;
};

/** What a rule promises, as data. */
export type RuleExamples = {
  readonly rule: Rule;
  /** `import.meta.url` of the test, which is named after the rule. */
  readonly url: string;
  readonly examples: Readonly<Record<Status, readonly Example[]>>;
  /** IAM actions in `reads` without whose answer the rule may still pass, because they only date or explain what it finds. */
  readonly passesWithout?: readonly string[];
  /** What has to be asked before a message may be said; messages that are not named are said without asking. */
  readonly confirms?: Readonly<Record<string, readonly string[]>>;
};

const slot = /\{\w+\}/;

/** Shows the examples of a rule, and holds it to the laws that every rule has to keep. */
export function describeRule({ rule, url, examples, passesWithout = [], confirms = {} }: RuleExamples): void {
  const all = Object.entries(examples).flatMap(([status, list]) =>
    list.map((one) => ({ status: status as Status, ...one })),
  );
  const without = (action: string) => rule.reads.includes(action) && !passesWithout.includes(action);

  describe(rule.id, () => {
    for (const { name, status, database, context, messageId, mentions = [], evidence } of all) {
      test(`${status} ${messageId}: ${name}`, () => {
        deepFreeze([database, context]);
        const verdict = rule.check(database, context);
        const { message, remediation, evidence: actual } = judge(rule, database, context, defaultPolicy);
        expect({ messageId: verdict.messageId, status: statusOf(rule, verdict) }).toEqual({ messageId, status });
        const text = `${message} ${remediation ?? ""}`;
        expect(text).not.toMatch(slot);
        for (const mention of mentions) expect(text).toContain(mention);
        const { notSeen: _, ...facts } = actual;
        if (evidence !== undefined || status === "NON_COMPLIANT") expect(facts).toEqual(evidence ?? {});
      });
    }

    test("its id is the name of its file", () => {
      expect(basename(fileURLToPath(url))).toBe(`${rule.id}.test.ts`);
    });

    test("each of its messages is shown by an example", () => {
      const shown = new Set(all.map(({ messageId }) => messageId));
      expect(Object.keys(rule.messages).filter((id) => !shown.has(id))).toEqual([]);
    });

    test("no two examples have the same name", () => {
      expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    });

    test("what is wrong or unknown has a remedy, and all that is said is a sentence", () => {
      for (const message of Object.values(rule.messages)) {
        expect(message.text).toMatch(/^(\{database\}|[A-Z]).+\.$/);
        const isAsking = message.status === "NON_COMPLIANT" || message.status === "INSUFFICIENT_DATA";
        expect("remedy" in message).toBe(isAsking);
      }
    });

    test("it asks AWS again before it says what a list that is minutes old may have wrong", () => {
      const asked = Object.entries(rule.messages).flatMap(([id, message]) =>
        "confirm" in message ? [[id, message.confirm]] : [],
      );
      expect(Object.fromEntries(asked)).toEqual(confirms);
    });

    test("it never throws, changes nothing, answers the same twice and fills every slot, whatever it is given", () => {
      fc.assert(
        fc.property(anyClassifiedDatabase, anyContext, (database, context) => {
          deepFreeze([database, context]);
          const first = judge(rule, database, context, defaultPolicy);
          expect(ask(rule, database, context).crash).toBeNull();
          expect(`${first.message}${first.remediation ?? ""}`).not.toMatch(slot);
          expect(judge(rule, database, context, defaultPolicy)).toEqual(first);
        }),
      );
    });

    if (without("secretsmanager:ListSecrets"))
      test("it never passes a managed database whose secret was not seen", () => {
        fc.assert(
          fc.property(anyClassifiedDatabase, anyContext, anyUnseenFact, (database, context, secret) => {
            const blind = { ...context, secret, secretKey: { arn: secret, key: secret } };
            expect(judge(rule, { ...database, management: "managed" }, blind, defaultPolicy).status).not.toBe(
              "COMPLIANT",
            );
          }),
        );
      });

    if (without("kms:DescribeKey"))
      test("it never passes a managed database with a key that was not seen", () => {
        fc.assert(
          fc.property(
            anyClassifiedDatabase,
            anyContext,
            anyUnseenKey,
            fc.constantFrom("rdsKey", "secretKey"),
            (database, context, key, which) => {
              const blind = { ...context, [which]: key };
              expect(judge(rule, { ...database, management: "managed" }, blind, defaultPolicy).status).not.toBe(
                "COMPLIANT",
              );
            },
          ),
        );
      });
  });
}
