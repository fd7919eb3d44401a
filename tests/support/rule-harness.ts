import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { applyRule, judge } from "../../lib/audit/judge.ts";
import type { ClassifiedDatabase } from "../../lib/model/database.ts";
import { defaultPolicy } from "../../lib/model/default-policy.ts";
import type { Status } from "../../lib/model/finding.ts";
import type { Message, Rule, RuleContext } from "../../lib/model/rule.ts";
import { statusOf } from "../../lib/model/rule.ts";
import { anyClassifiedDatabase, anyContext, anyText, anyUnseenFact, anyUnseenKey } from "./arbitraries.ts";
import { aContext, aDatabase, aMasterUserSecret, aSecret, seen } from "./builders.ts";
import { deepFreeze } from "./deep-freeze.ts";
import {
  type Example,
  hasSharedMessage,
  type StartingPoint,
  sharedConfirmations,
  sharedExamples,
} from "./rule-examples.ts";

/** The examples of a rule. Those of the messages that rules share (`lib/model/rule-guards.ts`) are added by the harness. */
export type RuleExamples = Partial<StartingPoint> & {
  readonly rule: Rule;
  /** `import.meta.url` of the test, which has the rule's name. */
  readonly url: string;
  readonly examples: Readonly<Partial<Record<Status, readonly Example[]>>>;
  /** IAM actions in `reads` without which the rule can still pass, because they only date or explain a finding. */
  readonly passesWithout?: readonly string[];
  /** IAM actions to call before a message of the rule itself is reported, by message id. */
  readonly confirms?: Readonly<Record<string, readonly string[]>>;
};

const placeholder = /\{\w+\}/;

/** Tests a rule by its examples, by those of the messages that rules share, and by the laws that every rule must keep. */
export function describeRule({
  rule,
  url,
  examples,
  database: defaultDatabase = aDatabase(),
  context: defaultContext = aContext(),
  passesWithout = [],
  confirms = {},
}: RuleExamples): void {
  const from = { database: defaultDatabase, context: defaultContext };
  const all = [
    ...Object.entries(examples).flatMap(([status, list]) =>
      list.map((one) => ({ status: status as Status, ...from, ...one })),
    ),
    ...sharedExamples(rule, from),
  ];
  const needs = (action: string) => rule.reads.includes(action) && !passesWithout.includes(action);
  const statusWith = (database: ClassifiedDatabase, context: RuleContext) =>
    judge(rule, { ...database, management: "managed" }, context, defaultPolicy).status;

  describe(rule.id, () => {
    for (const { name, status, database, context, messageId, mentions = [], evidence } of all) {
      test(`${status} ${messageId}: ${name}`, () => {
        deepFreeze([database, context]);
        const verdict = rule.check(database, context);
        const { message, remediation, evidence: actual } = judge(rule, database, context, defaultPolicy);
        expect({ messageId: verdict.messageId, status: statusOf(rule, verdict) }).toEqual({ messageId, status });
        const text = `${message} ${remediation ?? ""}`;
        expect(text).not.toMatch(placeholder);
        for (const mention of mentions) expect(text).toContain(mention);
        const { notSeen: _, ...facts } = actual;
        if (evidence !== undefined || status === "NON_COMPLIANT") expect(facts).toEqual(evidence ?? {});
      });
    }

    test("the id is the name of the file", () => {
      expect(basename(fileURLToPath(url))).toBe(`${rule.id}.test.ts`);
    });

    test("each message has an example", () => {
      const shown = new Set(all.map(({ messageId }) => messageId));
      expect(Object.keys(rule.messages).filter((id) => !shown.has(id))).toEqual([]);
    });

    test("no two examples have the same name", () => {
      expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    });

    test("each message is a sentence, and each NON_COMPLIANT or INSUFFICIENT_DATA message has a remedy", () => {
      for (const message of Object.values(rule.messages)) {
        expect(message.text).toMatch(/^(\{database\}|[A-Z]).+\.$/);
        const needsRemedy = message.status === "NON_COMPLIANT" || message.status === "INSUFFICIENT_DATA";
        expect("remedy" in message).toBe(needsRemedy);
      }
    });

    test("each remedy that modifies the database says so, because RDS refuses it while the database is stopped", () => {
      for (const message of Object.values(rule.messages)) {
        const remedy = "remedy" in message ? message.remedy : "";
        const modifies = /\{(modify|rotate|turnOn)\}|turn management|rotate the secret/i.test(remedy);
        expect([message.text, message.modifiesDatabase ?? false]).toEqual([message.text, modifies]);
      }
    });

    test("confirms with AWS what a list can report late", () => {
      const confirmed = Object.entries(rule.messages).flatMap(([id, message]) =>
        "confirm" in message ? [[id, message.confirm]] : [],
      );
      const shared = Object.entries(sharedConfirmations).filter(([id]) => hasSharedMessage(rule, id));
      expect(Object.fromEntries(confirmed)).toEqual({ ...confirms, ...Object.fromEntries(shared) });
    });

    test("a violation or an unknown verdict that rests on the list of secrets is confirmed with DescribeSecret", () => {
      const verdictOf = (database: ClassifiedDatabase, context: RuleContext) => rule.check(database, context).messageId;
      const expectConfirmed = (database: ClassifiedDatabase, context: RuleContext) => {
        const messageId = verdictOf(database, context);
        const { status, confirm } = rule.messages[messageId] as Message;
        if (!context.secret.seen || (status !== "NON_COMPLIANT" && status !== "INSUFFICIENT_DATA")) return;
        const upToDate = { ...context, secret: seen(aSecret()), secretKey: context.rdsKey };
        if (verdictOf(database, upToDate) !== messageId) expect(confirm).toContain("secretsmanager:DescribeSecret");
      };
      for (const { database, context } of all) expectConfirmed(database, context);
      fc.assert(
        fc.property(anyClassifiedDatabase, anyContext, (database, context) =>
          expectConfirmed({ ...database, management: "managed" }, context),
        ),
      );
    });

    test("never throws, changes nothing, is deterministic and fills every placeholder, for any input", () => {
      fc.assert(
        fc.property(anyClassifiedDatabase, anyContext, (database, context) => {
          deepFreeze([database, context]);
          const first = judge(rule, database, context, defaultPolicy);
          expect(applyRule(rule, database, context).crash).toBeNull();
          expect(`${first.message}${first.remediation ?? ""}`).not.toMatch(placeholder);
          expect(judge(rule, database, context, defaultPolicy)).toEqual(first);
        }),
      );
    });

    if (needs("secretsmanager:ListSecrets"))
      test("never passes a managed database whose secret was not seen", () => {
        fc.assert(
          fc.property(anyClassifiedDatabase, anyContext, anyUnseenFact, (database, context, secret) => {
            const blind = { ...context, secret, secretKey: { arn: secret, key: secret } };
            expect(statusWith(database, blind)).not.toBe("COMPLIANT");
          }),
        );
      });

    if (needs("kms:DescribeKey"))
      test("never passes a managed database with a key that was not seen", () => {
        fc.assert(
          fc.property(
            anyClassifiedDatabase,
            anyContext,
            anyUnseenKey,
            fc.constantFrom("rdsKey", "secretKey"),
            (database, context, key, which) => {
              expect(statusWith(database, { ...context, [which]: key })).not.toBe("COMPLIANT");
            },
          ),
        );
      });

    if (hasSharedMessage(rule, "statusUnknown"))
      test("reports INSUFFICIENT_DATA for any secret status that AWS does not document", () => {
        const unknownStatus = anyText.filter((text) => !["creating", "active", "rotating", "impaired"].includes(text));
        fc.assert(
          fc.property(unknownStatus, anyContext, (status, context) => {
            const database = aDatabase({ masterUserSecret: aMasterUserSecret({ status }) });
            expect(statusWith(database, context)).toBe("INSUFFICIENT_DATA");
          }),
        );
      });
  });
}
