import { takeEntryFault } from "../faults.ts";
import { listIn, type Params } from "../params.ts";
import { restJson } from "../protocol/json.ts";
import type { ImportedFinding } from "../resources.ts";
import { SimulatedError } from "../simulated-error.ts";
import { restErrors } from "./errors.ts";
import type { CallContext, Service } from "./service.ts";

const maxFindings = 100;
const maxFindingBytes = 240 * 1024;

/** The minimum and maximum length of each required text of a finding. */
const texts: readonly (readonly [field: string, min: number, max: number])[] = [
  ["SchemaVersion", 1, 10],
  ["Id", 1, 512],
  ["ProductArn", 12, 2048],
  ["GeneratorId", 1, 512],
  ["AwsAccountId", 12, 12],
  ["CreatedAt", 1, 64],
  ["UpdatedAt", 1, 64],
  ["Title", 1, 256],
  ["Description", 1, 1024],
];

function textProblem(finding: Params): string | undefined {
  for (const [field, min, max] of texts) {
    const value = finding[field];
    if (typeof value !== "string") return `data must have required property '${field}'`;
    if (value.length < min) return `data.${field} should NOT be shorter than ${min} characters`;
    if (value.length > max) return `data.${field} should NOT be longer than ${max} characters`;
  }
  return undefined;
}

const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:?\d{2})$/;

type Resource = { Type?: unknown; Id?: unknown };

function resourcesProblem(resources: unknown): string | undefined {
  if (!Array.isArray(resources)) return "data must have required property 'Resources'";
  if (resources.length < 1) return "data.Resources should NOT have fewer than 1 items";
  if (resources.length > 32) return "data.Resources should NOT have more than 32 items";
  const isWhole = (resource: Resource): boolean => Boolean(resource.Type) && Boolean(resource.Id);
  return resources.every(isWhole) ? undefined : "data.Resources[0] must have required properties 'Type' and 'Id'";
}

function fieldsProblem(fields: unknown): string | undefined {
  const pairs = Object.entries((fields ?? {}) as Record<string, unknown>);
  if (pairs.length > 50) return "data.ProductFields should NOT have more than 50 properties";
  const isFitting = ([name, value]: [string, unknown]): boolean => name.length <= 128 && String(value).length <= 2048;
  return pairs.every(isFitting) ? undefined : "data.ProductFields should NOT be longer than 2048 characters";
}

/** The first violation of the format in a finding, or undefined. Wording not verified. */
function problemOf(finding: Params): string | undefined {
  const problem = textProblem(finding) ?? resourcesProblem(finding.Resources) ?? fieldsProblem(finding.ProductFields);
  if (problem) return problem;
  if (finding.SchemaVersion !== "2018-10-08") return "data.SchemaVersion must be equal to '2018-10-08'";
  const dates = ["CreatedAt", "UpdatedAt", "FirstObservedAt", "LastObservedAt"];
  const invalid = dates.find((field) => finding[field] !== undefined && !instant.test(String(finding[field])));
  return invalid && `data.${invalid} must match format "date-time"`;
}

/** Without an integration, an account may import only findings of its default product about itself. AWS denies the whole call otherwise. */
function checkProduct(finding: Params, { region, callerArn }: CallContext): void {
  const { id, partition } = region.account;
  const own = `arn:${partition}:securityhub:${region.name}:${id}:product/${id}/default`;
  if (finding.ProductArn === undefined || (finding.ProductArn === own && finding.AwsAccountId === id)) return;
  throw restErrors.denied(
    `User: ${callerArn} is not authorized to perform: securityhub:BatchImportFindings on resource: ${finding.ProductArn}`,
  );
}

type Failure = { Id: string; ErrorCode: string; ErrorMessage: string };

/** Why a finding is not imported, or undefined. A fault can omit it from the response. */
function failureOf(finding: Params, { region }: CallContext): Failure | "unnamed" | undefined {
  const failed = (ErrorCode: string, ErrorMessage: string): Failure => ({
    Id: String(finding.Id ?? ""),
    ErrorCode,
    ErrorMessage,
  });
  const fault = takeEntryFault(region, "securityhub:BatchImportFindings", finding);
  if (fault?.isUnnamed) return "unnamed";
  if (fault) return failed(fault.code ?? "InternalError", fault.message ?? "An internal error occurred");
  if (Buffer.byteLength(JSON.stringify(finding)) > maxFindingBytes)
    return failed("LimitExceeded", "The finding exceeds 240 KB");
  const problem = problemOf(finding);
  return problem === undefined
    ? undefined
    : failed("InvalidInput", `Finding does not adhere to Amazon Finding Format. ${problem}.`);
}

function checkEnabled({ region: { securityHub, account } }: CallContext): void {
  if (securityHub.isEnabled) return;
  throw new SimulatedError(
    "InvalidAccessException",
    `Account ${account.id} is not subscribed to AWS Security Hub`,
    401,
  );
}

function importFindings(params: Params, context: CallContext): object {
  const { securityHub } = context.region;
  const findings = listIn<Params>(params, "Findings");
  checkEnabled(context);
  if (findings.length < 1 || findings.length > maxFindings)
    throw new SimulatedError(
      "InvalidInputException",
      `Invalid parameter 'Findings'. The number of findings must be between 1 and ${maxFindings}.`,
    );
  for (const finding of findings) checkProduct(finding, context);
  const failures = findings.map((finding) => failureOf(finding, context));
  for (const [index, finding] of findings.entries())
    if (!failures[index]) keep(securityHub.findings, finding as ImportedFinding);
  const failed = failures.filter((failure) => failure !== undefined);
  return {
    FailedCount: failed.length,
    SuccessCount: findings.length - failed.length,
    FailedFindings: failed.filter((failure) => failure !== "unnamed"),
  };
}

/** Stores a finding. Ignores one that is not newer than the stored one, which is not an error. */
function keep(findings: Map<string, ImportedFinding>, finding: ImportedFinding): void {
  const before = findings.get(finding.Id);
  if (before && Date.parse(finding.UpdatedAt) <= Date.parse(before.UpdatedAt)) return;
  findings.set(finding.Id, finding);
}

function describeHub(_params: Params, context: CallContext): object {
  checkEnabled(context);
  const { region, account } = context;
  return { HubArn: `arn:${account.partition}:securityhub:${region.name}:${account.id}:hub/default` };
}

/** Security Hub CSPM: importing findings, and whether it is enabled. */
export const securityHub: Service = {
  protocol: restJson({ "/accounts": "DescribeHub", "/findings/import": "BatchImportFindings" }),
  errors: restErrors,
  actions: { BatchImportFindings: importFindings, DescribeHub: describeHub },
};
