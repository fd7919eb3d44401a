import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { assembleReport } from "../../lib/audit/assemble-report.ts";
import type { Inventory } from "../../lib/model/inventory.ts";
import { reportSchema } from "../../lib/model/report.ts";
import { rules } from "../../rules/index.ts";
import { anyGap, anyTarget } from "../support/arbitraries.ts";
import { anInventory, aPolicy, now } from "../support/builders.ts";
import { deepFreeze } from "../support/deep-freeze.ts";

function report(inventory: Partial<Inventory>, catalogue = rules) {
  return assembleReport(deepFreeze(anInventory(inventory)), {
    policy: aPolicy(),
    rules: catalogue,
    generatedAt: now,
    version: "1.2.3",
  });
}

describe("a report by all rules on any answer of AWS", () => {
  const anyFleet = fc
    .uniqueArray(anyTarget, { maxLength: 2, selector: ({ account, region }) => `${account} ${region}` })
    .map((targets) =>
      targets.map((target) => ({
        ...target,
        databases: target.databases.map((one) => ({ ...one, arn: `${one.arn} ${target.account} ${target.region}` })),
      })),
    );

  test("does not depend on the order of AWS's answers", () => {
    const shuffled = anyFleet.chain((targets) =>
      fc.tuple(
        fc.constant(targets),
        fc.shuffledSubarray(targets, { minLength: targets.length }).chain((all) =>
          fc.tuple(
            ...all.map((target) =>
              fc
                .record({
                  databases: fc.shuffledSubarray(target.databases, { minLength: target.databases.length }),
                  secrets:
                    target.secrets === null
                      ? fc.constant(null)
                      : fc.shuffledSubarray(target.secrets, { minLength: target.secrets.length }),
                  keys: fc.shuffledSubarray(target.keys, { minLength: target.keys.length }),
                })
                .map((lists) => ({ ...target, ...lists })),
            ),
          ),
        ),
        fc.shuffledSubarray([...rules], { minLength: rules.length }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([targets, shuffledTargets, shuffledRules]) => {
        expect(report({ targets: shuffledTargets }, shuffledRules)).toEqual(report({ targets }));
      }),
    );
  });

  test("is deterministic and matches its schema", () => {
    fc.assert(
      fc.property(anyFleet, fc.array(anyGap, { maxLength: 2 }), (targets, gaps) => {
        const first = report({ targets, gaps });
        expect(JSON.stringify(report({ targets, gaps }))).toBe(JSON.stringify(first));
        expect(reportSchema.parse(JSON.parse(JSON.stringify(first)))).toEqual(first);
        expect(new Set(first.findings.map(({ id }) => id)).size).toBe(first.findings.length);
      }),
    );
  });

  test("is never clean with a denied call", () => {
    fc.assert(
      fc.property(anyTarget, anyGap, (target, gap) => {
        const { clean, coverage } = report({ targets: [{ ...target, gaps: [...target.gaps, gap] }] });
        expect([clean, coverage.complete]).toEqual([false, false]);
      }),
    );
  });
});
