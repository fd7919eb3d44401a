import { parseArn } from "../../model/arn.ts";
import { type ClassifiedDatabase, describeDatabase, unknown } from "../../model/database.ts";
import { type Finding, isPass, type Status } from "../../model/finding.ts";
import { gatesByName } from "../../model/gates.ts";
import { toKeyArn } from "../../model/key.ts";
import type { ManualStep, PlannedAction } from "../../model/plan.ts";
import type { Patch, Tool } from "../../patches/patch.ts";
import { describeEngine } from "../text/describe-database.ts";
import { describeEvidence, describeExemptionEnd } from "../text/describe-finding.ts";
import { type Group, groupBy } from "../text/group.ts";
import { sortBySeverity, statuses } from "../text/group-findings.ts";
import { makePrintable } from "../text/printable.ts";
import type { ReportOptions } from "../text/reporter.ts";
import { createLayout, type Layout } from "./layout.ts";
import { pad, widest } from "./paragraph.ts";
import { renderPatch } from "./patch.ts";
import { renderInstructions } from "./plan-manual.ts";
import { describeStatus, planStatusOf } from "./plan-status.ts";

/** The verdict of one rule, with its severity and exemption under the policy. */
type DatabaseVerdict = Pick<Finding, "rule" | "severity" | "message" | "evidence" | "exemption" | "endedExemption"> & {
  readonly status: Status;
  readonly remediation: string | null;
  /** The repair that the plan has for it, and what a person does instead; null if there is none. */
  readonly planned: PlannedAction | null;
  readonly manual: ManualStep | null;
  /** The change with the tool that was asked for; null for a pass, and if the change must not be made now. */
  readonly patch: Patch | null;
};

/** One database and the verdicts of all rules. */
export type DatabaseDetails = {
  readonly database: ClassifiedDatabase;
  /** The documentation behind the reason for its management. */
  readonly source: string | null;
  readonly verdicts: readonly DatabaseVerdict[];
  readonly rulesOff: readonly string[];
  /** The tool to show changes with, instead of all verdicts; null if none was asked for. */
  readonly tool: Tool | null;
  /** ISO 8601. */
  readonly observedAt: string;
};

/** Renders one database: its attributes, who manages its master password, and the verdict of every rule with its evidence. */
export function explainDatabase(untrusted: DatabaseDetails, options: Pick<ReportOptions, "width" | "color">): string {
  const details = makePrintable(untrusted);
  // Code must keep its line breaks, so it arrives unsanitized.
  const unsanitized = new Map(untrusted.verdicts.map((verdict) => [verdict.rule, verdict]));
  const layout = createLayout(options);
  const { database, rulesOff } = details;
  const verdicts = sortBySeverity(details.verdicts.filter(({ status }) => details.tool === null || !isPass(status)));
  const sorted = statuses.flatMap((status) => verdicts.filter((verdict) => verdict.status === status));
  const title = describeDatabase(database);
  const sections = [
    `${layout.paint.strong(title.charAt(0).toUpperCase() + title.slice(1))}\n${renderAttributes(details, layout)}`,
    ...groupBy(sorted, ({ status, message }) => `${status} ${message}`).map(([, same]) =>
      renderVerdict(same, details, unsanitized, layout),
    ),
    ...(verdicts.length === 0 ? ["No violation, so there is nothing to change."] : []),
    ...(rulesOff.length > 0 ? [layout.wrap(`Turned off by the policy: ${rulesOff.join(", ")}.`)] : []),
  ];
  return `${sections.join("\n\n")}\n`;
}

function renderAttributes({ database, source, observedAt }: DatabaseDetails, { wrap, paint }: Layout): string {
  const { masterUserSecret: secret, explanation, doubt } = database;
  const management = managements[database.management];
  const tags = Object.entries(database.tags).map(([key, value]) => `${key}=${value}`);
  const attributes: [string, string | null][] = [
    ["Type", describeEngine(database)],
    ["Account", database.account],
    ["Region", database.region],
    ["ARN", database.arn],
    ["Resource ID", database.resourceId],
    ["Created", database.createdAt],
    ["Observed", observedAt],
    ["Master password", explanation === null ? management : `${management}: ${explanation}`],
    ["Uncertain", doubt],
    ["Documentation", source],
    ["Secret", secret === null ? null : `${secret.secretArn ?? "no ARN"} (${secret.status ?? "no status"})`],
    ["KMS key", secret === null ? null : (secret.kmsKeyId ?? "not reported")],
    ["Storage key", describeStorageKey(database)],
    ["Tags", tags.length === 0 ? null : tags.join(", ")],
  ];
  const columns = widest(attributes.map(([name]) => name));
  return attributes
    .flatMap(([name, value]) => (value === null ? [] : [wrap(value, `  ${paint.faint(pad(name, columns))}  `)]))
    .join("\n");
}

/** The KMS key of the storage, and whether the secret has the same one. */
function describeStorageKey({ arn, masterUserSecret, storageKmsKeyId }: ClassifiedDatabase): string {
  if (storageKmsKeyId === null) return "none of the account's KMS keys";
  const secretKey = masterUserSecret?.kmsKeyId ?? null;
  if (secretKey === null || storageKmsKeyId === unknown) return storageKmsKeyId;
  const { partition = "", region = "", account = "" } = parseArn(arn) ?? {};
  const [one, other] = [storageKmsKeyId, secretKey].map((key) => toKeyArn(key, { partition, region, account }));
  if (one === null || other === null) return `${storageKmsKeyId} (an alias: it may be the secret's key)`;
  return `${storageKmsKeyId} (${one === other ? "the same key as" : "another key than"} the secret's)`;
}

const managements: Readonly<Record<ClassifiedDatabase["management"], string>> = {
  managed: "managed by RDS in Secrets Manager",
  unmanaged: "not managed by RDS, but could be",
  inherited: "owned by another database",
  unsupported: "cannot be managed by RDS",
  "out-of-scope": "out of scope",
};

/** One verdict, or several rules with the same message, such as those that do not apply. */
function renderVerdict(
  same: Group<DatabaseVerdict>,
  { observedAt, tool }: DatabaseDetails,
  unsanitized: ReadonlyMap<string, Pick<DatabaseVerdict, "manual" | "patch">>,
  layout: Layout,
): string {
  const { wrap, paint } = layout;
  const [{ severity, status, message, evidence, exemption, endedExemption }] = same;
  const word = status === "NON_COMPLIANT" ? `${status}, ${severity}` : status;
  const exempt = exemption === null ? "" : paint.faint(", exempt");
  const rules = paint.strong(same.map(({ rule }) => rule).join(", "));
  const lines: string[] = [];
  const add = (text: string, first = "  ") => lines.push(wrap(text, first));
  add(`${rules}  ${paint.status[status](word)}${exempt}`, "");
  add(message);
  for (const [name, value] of Object.entries(evidence)) add(describeEvidence(value), `  ${paint.faint(`${name}:`)} `);
  if (exemption !== null) {
    const { owner, source, reason, until } = exemption;
    add(`Exempted by ${owner} (${source}): ${reason}; ${describeExemptionEnd(until, observedAt)}`);
  }
  if (endedExemption !== null)
    add(`Was exempted by ${endedExemption.owner} until ${endedExemption.until}: ${endedExemption.reason}`);
  for (const verdict of same) {
    const { manual = null, patch = null } = unsanitized.get(verdict.rule) ?? {};
    lines.push(
      ...(tool !== null && patch !== null ? renderPatch(patch, layout, "  ") : renderAdvice(verdict, manual, layout)),
    );
    if (verdict.planned !== null) lines.push(...renderPlanned(verdict.planned, layout));
  }
  return lines.join("\n");
}

/** What to do, as the plan has it: nothing that a closed gate keeps a person from doing, too. The step arrives unsanitized. */
function renderAdvice(
  { remediation, planned }: DatabaseVerdict,
  manual: ManualStep | null,
  layout: Layout,
): readonly string[] {
  if (manual !== null) return renderInstructions(manual, layout, "  ");
  const isLeftAlone = planned?.gates.some(({ gate, open }) => !open && gatesByName[gate].blocksManual) ?? false;
  return isLeftAlone || remediation === null || remediation === "" ? [] : [layout.wrap(remediation, "  → ")];
}

/** The repair with its closed gates, and what turning management on changes. */
function renderPlanned(planned: PlannedAction, { wrap, paint }: Layout): readonly string[] {
  const { action, gates, consequences } = planned;
  const closed = gates.filter(({ open }) => !open);
  const sources = [...new Set(consequences.map(({ source, asOf }) => `${source} (as of ${asOf})`))];
  return [
    wrap(`${paint.faint("Plan:")} ${action} ${describeStatus(planStatusOf(planned))}`, "  "),
    ...closed.map(({ gate, reason }) => wrap(`${gate}: ${reason}`, `    ${paint.bad("✗")} `)),
    ...(consequences.length === 0 ? [] : [`  ${paint.faint("Turning management on changes:")}`]),
    ...consequences.map(({ text }) => wrap(text, "    - ")),
    ...(sources.length === 0 ? [] : [`  ${paint.faint("Sources:")}`, ...sources.map((source) => `    ${source}`)]),
  ];
}
