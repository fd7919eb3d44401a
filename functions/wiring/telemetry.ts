import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics } from "@aws-lambda-powertools/metrics";
import type { MiddlewareObj } from "@middy/core";
import type { CoordinatedRun } from "../../lib/coordinate-run.ts";
import type { EvaluationResult } from "../../lib/evaluate-rule.ts";
import type { Publication } from "../../lib/publish/publish-report.ts";
import type { Remediation } from "../../lib/remediate-database.ts";
import { type Metric, toMetrics, toRemediationMetrics } from "../../lib/report/aws/metrics.ts";

/** Structured logs with the request ID, and metrics in the embedded metric format: CloudWatch reads both from the function's output. */
export const logger = new Logger();
export const metrics = new Metrics();

/** Logs the error of an invocation and rethrows it, so that retries, dead-letter queues and alarms work. */
export const logErrors: MiddlewareObj = {
  onError({ error }) {
    logger.error("The invocation failed.", error instanceof Error ? error : new Error(String(error)));
  },
};

/** Emits one metric; dimensions make it a metric of its own. */
export function measure({ name, unit, value, dimensions }: Metric): void {
  const one = metrics.singleMetric();
  for (const [dimension, of] of Object.entries(dimensions ?? {})) one.addDimension(dimension, of);
  one.addMetric(name, unit, value);
}

/** Counts the pages that the fast reader of databases leaves to the parser of the SDK. `record` logs and measures them. */
export function createPageCounter(): { onFallback: () => void; record: () => void } {
  let pages = 0;
  return {
    onFallback() {
      pages += 1;
    },
    record() {
      measure({ name: "PagesParsedBySdk", unit: "Count", value: pages });
      if (pages > 0)
        logger.warn("The parser of the SDK read some pages, which takes longer: RDS sends them in another form.", {
          pages,
        });
    },
  };
}

/** Logs and measures a publication. `isFull` is true after an audit of everything. */
export function record(
  { report, changes, emptiedRegions, failures, isNew, isAttempted }: Publication,
  isFull: boolean,
): void {
  for (const { where, error } of failures) {
    logger.error(`Delivery failed: ${where}.`, error);
    measure({ name: "DeliveryFailures", unit: "Count", value: 1, dimensions: { destination: where } });
  }
  // A zero clears the alarm.
  if (isAttempted || failures.length > 0) measure({ name: "DeliveryFailures", unit: "Count", value: failures.length });
  if (!isNew) {
    logger.info("The event was handled before. Nothing was published.");
    return;
  }
  for (const emptied of emptiedRegions)
    logger.warn("A Region no longer has databases. Check that the audit still reads the right account.", {
      ...emptied,
    });
  if (isFull) measure({ name: "EmptiedRegions", unit: "Count", value: emptiedRegions.length });
  if (isFull) for (const metric of toMetrics(report)) measure(metric);
  const { summary, coverage, clean } = report;
  logger.info("Audit completed.", {
    clean,
    summary,
    complete: coverage.complete,
    gaps: coverage.gaps,
    changes: changes.length,
  });
}

/** Logs and measures the publication of one account. The metrics of all accounts follow at the end of the run. */
export function recordAccount({ report, changes, failures }: Publication): void {
  for (const { where, error } of failures) {
    logger.error(`Delivery failed: ${where}.`, error);
    measure({ name: "DeliveryFailures", unit: "Count", value: 1, dimensions: { destination: where } });
  }
  if (failures.length > 0) measure({ name: "DeliveryFailures", unit: "Count", value: failures.length });
  const { coverage, summary } = report;
  const accounts = new Set([...coverage.targets, ...coverage.gaps, ...coverage.notSeen].map(({ account }) => account));
  logger.info("Audited an account.", {
    accounts: [...accounts],
    changes: changes.length,
    summary,
    gaps: coverage.gaps,
  });
}

/** Logs and measures a run over an organization. */
export function recordRun({ run, notStarted, unfinished, end, failures }: CoordinatedRun): void {
  for (const { where, message } of failures) {
    logger.error(`Delivery failed: ${where}.`, new Error(message));
    measure({ name: "DeliveryFailures", unit: "Count", value: 1, dimensions: { destination: where } });
  }
  if (notStarted === "under-way")
    logger.warn("The run did not start, because an earlier one is under way.", { run, unfinished });
  else if (notStarted === "answered") logger.info("The event started a run before. Nothing was done.", { run });
  else if (unfinished !== null) logger.warn("The run before did not end.", { unfinished });
  if (end === null) return;
  const { metrics: values, digest, counts, missing, withNews, undelivered } = end;
  for (const metric of values) measure(metric);
  measure({ name: "EmptiedRegions", unit: "Count", value: digest.emptiedRegions.length });
  // A zero clears the alarm.
  measure({ name: "DeliveryFailures", unit: "Count", value: undelivered + failures.length });
  logger.info("The run ended.", {
    run,
    clean: digest.clean,
    summary: digest.summary,
    counts,
    missing,
    withNews: withNews.length,
  });
}

/** Logs and measures an evaluation, with each call that failed. Throws if it failed, so that Lambda retries it and the alarm fires. */
export function recordEvaluation(rule: string, { counts, gaps, failure }: EvaluationResult): void {
  for (const { account, region, action, code, resource, message: reason } of gaps)
    logger.warn(`${action} failed with ${code}.`, { account, region, action, code, resource, reason });
  measure({ name: "EvaluationsWithheld", unit: "Count", value: counts.withheld });
  if (failure !== null) throw new Error(failure);
  logger.info("Evaluation completed.", { rule, ...counts });
}

/** Logs and measures an execution. Throws if its last action failed, because the alarms count only executions that throw. */
export function recordRemediation(done: Remediation): void {
  for (const metric of toRemediationMetrics(done)) measure(metric);
  logger.info("Execution ended.", { done });
  const last = done.at(-1);
  if (last?.outcome.end === "failed") throw new Error(`${last.action} failed: ${last.outcome.reason}`);
}
