import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { assembleReport } from "../../lib/audit/assemble-report.ts";
import { mergeSummaries } from "../../lib/audit/merge-summaries.ts";
import type { Target } from "../../lib/model/inventory.ts";
import type { Report } from "../../lib/model/report.ts";
import { rules } from "../../rules/index.ts";
import { anyTarget } from "../support/arbitraries.ts";
import { aGap, anInventory, aPolicy, aTarget, now } from "../support/builders.ts";

const options = { policy: aPolicy(), rules, generatedAt: now, version: "1.2.3" };
const report = (targets: readonly Target[]) => assembleReport(anInventory({ targets: [...targets] }), options);
const idOf = (index: number) => String(300_000_000_000 + index);

function inAccount(target: Target, account: string): Target {
  return { ...target, account, gaps: target.gaps.map((gap) => ({ ...gap, account })) };
}

function summaryOf({ findings: _, databases: __, ...summary }: Report) {
  return summary;
}

const merge = (reports: readonly Report[], more: Partial<Parameters<typeof mergeSummaries>[1]> = {}) =>
  mergeSummaries(reports.map(summaryOf), {
    ...options,
    observedAt: now,
    unread: [],
    gaps: [],
    accountNames: {},
    ...more,
  });

test("the merged summaries of accounts are the summary of the report on all of them", () => {
  fc.assert(
    fc.property(fc.array(anyTarget, { minLength: 1, maxLength: 5 }), (given) => {
      const targets = given.map((target, index) => inAccount(target, idOf(index)));
      const merged = merge(targets.map((target) => report([target])));
      expect(merged).toEqual({ ...summaryOf(report(targets)), hasHistory: true });
    }),
    { numRuns: 60 },
  );
});

describe("without the result of an account", () => {
  const healthy = report([inAccount(aTarget(), idOf(0))]);

  test("the summary is not complete, not clean, and names the account", () => {
    const gap = aGap({ account: idOf(1), region: "*", message: "The account has no result" });
    const merged = merge([healthy], { gaps: [gap], accountNames: { [idOf(1)]: "payments" } });
    expect(merged).toMatchObject({
      clean: false,
      coverage: { complete: false, counts: { expected: 2, seen: 1, gap: 1 } },
    });
    expect(merged.coverage.notSeen).toEqual([
      expect.objectContaining({ account: idOf(1), accountName: "payments", region: "*", outcome: "gap" }),
    ]);
  });

  test("by a decision, it is clean", () => {
    const unread = [{ account: idOf(1), region: "*", outcome: "excluded", reason: "own audit" } as const];
    expect(merge([healthy], { unread })).toMatchObject({
      clean: true,
      coverage: { complete: true, counts: { expected: 2, seen: 1, excluded: 1 } },
    });
  });

  test("nothing at all is not clean", () => {
    expect(merge([])).toMatchObject({ clean: false, coverage: { complete: false } });
  });
});
