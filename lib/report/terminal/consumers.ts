import type { Consumer, ConsumersReport } from "../../model/consumer.ts";
import { count } from "../text/count.ts";
import { groupBy } from "../text/group.ts";
import type { ReportOptions } from "../text/reporter.ts";
import { createLayout } from "./layout.ts";

const titles: Readonly<Record<Consumer["kind"], string>> = {
  "rds-proxy": "RDS PROXIES",
  "lambda-function": "LAMBDA FUNCTIONS",
  "ecs-task-definition": "ECS TASK DEFINITIONS",
  "own-secret": "SECRETS OF YOUR OWN",
  "secret-reader": "READERS OF THE MANAGED SECRET",
  "cloudformation-stack": "CLOUDFORMATION",
};

/** Renders the consumers of a database for a terminal: by kind, each with where it names the database, then what was not seen. */
export function renderConsumers(
  { database, consumers, gaps, limits }: ConsumersReport,
  options: Pick<ReportOptions, "width" | "color">,
): string {
  const { paint, wrap } = createLayout(options);
  const found =
    consumers.length === 0
      ? `No consumer of ${database.identifier} was found`
      : `${count(consumers.length, "consumer")} may be affected if the master password of ${database.identifier} changes`;
  const complete = gaps.length === 0 ? "" : `. ${count(gaps.length, "call")} failed, so there may be more`;
  const secret =
    database.secretArn === null ? "It has no managed secret." : `Its managed secret is ${database.secretArn}.`;
  const sections = groupBy(consumers, ({ kind }) => kind).map(([kind, some]) => [
    paint.strong(titles[kind]),
    ...some.map(({ id, evidence }) => `${wrap(id, "  ")}\n${wrap(evidence, "      ")}`),
  ]);
  const unseen = [
    paint.strong("NOT SEEN"),
    ...gaps.map(({ action, code, message }) =>
      wrap(`${action} failed with ${code}: ${message}`, `  ${paint.bad("!")} `),
    ),
    ...limits.map((limit) => wrap(limit, "  - ")),
  ];
  return `${[
    wrap(`${found}${complete}. ${secret}`, `${paint.strong("CONSUMERS")}  `),
    ...[...sections, unseen].map((lines) => lines.join("\n")),
  ].join("\n\n")}\n`;
}
