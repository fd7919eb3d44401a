import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics } from "@aws-lambda-powertools/metrics";
import type { MiddlewareObj } from "@middy/core";
import type { Publication } from "../../lib/publish/publish-report.ts";
import type { Remediation } from "../../lib/remediate-database.ts";
import { type Metric, toMetrics, toRemediationMetrics } from "../../lib/report/aws/metrics.ts";

/** Structured logs with the request's id, and metrics in the embedded format: CloudWatch reads both from the function's output. */
export const logger = new Logger();
export const metrics = new Metrics();

/** Logs what ends an invocation and lets it out, so that retries, dead letters and alarms work. */
export const logErrors: MiddlewareObj = {
  onError({ error }) {
    logger.error("The invocation failed.", error instanceof Error ? error : new Error(String(error)));
  },
};

/** One metric; a further dimension makes it a metric of its own. */
export function measure({ name, unit, value, dimensions }: Metric): void {
  const one = metrics.singleMetric();
  for (const [dimension, of] of Object.entries(dimensions ?? {})) one.addDimension(dimension, of);
  one.addMetric(name, unit, value);
}

/** Says what an audit found and what could not be delivered; `isFull` for one that looked at everything. */
export function record({ report, changes, failures, isNew, isAttempted }: Publication, isFull: boolean): void {
  for (const { where, error } of failures) {
    logger.error(`What was found could not be delivered: ${where}.`, error);
    measure({ name: "DeliveryFailures", unit: "Count", value: 1, dimensions: { destination: where } });
  }
  // A zero ends the alarm.
  if (isAttempted || failures.length > 0) measure({ name: "DeliveryFailures", unit: "Count", value: failures.length });
  if (!isNew) {
    logger.info("The event was handled before; nothing was published again.");
    return;
  }
  if (isFull) for (const metric of toMetrics(report)) measure(metric);
  const { summary, coverage, clean } = report;
  logger.info("Audited.", {
    clean,
    summary,
    complete: coverage.complete,
    gaps: coverage.gaps,
    changes: changes.length,
  });
}

/** Says what an execution did. Throws where that failed in the end: of what a durable execution does not throw, no alarm knows. */
export function recordRemediation(done: Remediation): void {
  for (const metric of toRemediationMetrics(done)) measure(metric);
  logger.info("Ended.", { done });
  const last = done.at(-1);
  if (last?.outcome.end === "failed") throw new Error(`${last.action} failed: ${last.outcome.reason}`);
}
