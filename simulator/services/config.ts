import { takeEntryFault } from "../faults.ts";
import { pageOf } from "../paging.ts";
import { flagIn, listIn, numberIn, type Params, textIn } from "../params.ts";
import { json11 } from "../protocol/json.ts";
import type { StoredEvaluation } from "../resources.ts";
import { SimulatedError } from "../simulated-error.ts";
import type { Region } from "../state.ts";
import { jsonErrors } from "./errors.ts";
import type { CallContext, Service } from "./service.ts";

function invalidParameter(message: string): SimulatedError {
  return new SimulatedError("InvalidParameterValueException", message);
}

const pageSize = 100;
const acceptedTypes = ["COMPLIANT", "NON_COMPLIANT", "NOT_APPLICABLE"];

function checkLength(params: Params, field: string, min: number, max: number): void {
  const { length } = textIn(params, field) ?? "";
  if (length < min || length > max)
    throw new SimulatedError(
      "ValidationException",
      `1 validation error detected: Value at '${field}' failed to satisfy constraint: Member must have length ${length < min ? "greater" : "less"} than or equal to ${length < min ? min : max}`,
    );
}

/** One invalid evaluation fails the whole call. Wording not verified. */
function checkEvaluation(evaluation: Params): void {
  checkLength(evaluation, "ComplianceResourceType", 1, 256);
  checkLength(evaluation, "ComplianceResourceId", 1, 768);
  if (evaluation.Annotation !== undefined) checkLength(evaluation, "Annotation", 1, 256);
  if (!acceptedTypes.includes(textIn(evaluation, "ComplianceType") ?? ""))
    throw invalidParameter(
      `The ComplianceType ${textIn(evaluation, "ComplianceType")} is not valid for PutEvaluations.`,
    );
  if (!Number.isFinite(numberIn(evaluation, "OrderingTimestamp")))
    throw invalidParameter("The OrderingTimestamp is missing or not valid.");
}

function ruleOf(token: string, region: Region): string {
  const rule = [...region.configRules.values()].find(({ resultToken }) => resultToken === token);
  if (!rule) throw new SimulatedError("InvalidResultTokenException", "The specified ResultToken is invalid.");
  return rule.ConfigRuleName;
}

/** Stores an evaluation. Ignores one older than the stored one; AWS does not document this case. */
function keep(region: Region, ConfigRuleName: string, evaluation: Params): void {
  const stored: StoredEvaluation = {
    ConfigRuleName,
    ComplianceResourceType: textIn(evaluation, "ComplianceResourceType") ?? "",
    ComplianceResourceId: textIn(evaluation, "ComplianceResourceId") ?? "",
    ComplianceType: textIn(evaluation, "ComplianceType") ?? "",
    Annotation: textIn(evaluation, "Annotation"),
    OrderingTimestamp: new Date(1000 * (numberIn(evaluation, "OrderingTimestamp") ?? 0)),
    ResultRecordedTime: region.account.cloud.now(),
  };
  const key = `${ConfigRuleName} ${stored.ComplianceResourceType} ${stored.ComplianceResourceId}`;
  const before = region.evaluations.get(key);
  if (before && before.OrderingTimestamp > stored.OrderingTimestamp) return;
  region.evaluations.set(key, stored);
}

function putEvaluations(params: Params, { region }: CallContext): object {
  const evaluations = listIn<Params>(params, "Evaluations");
  const token = textIn(params, "ResultToken");
  if (evaluations.length === 0)
    throw invalidParameter(
      "The Evaluations object in your request cannot be null. Add the required parameters and try again.",
    );
  if (evaluations.length > pageSize)
    throw new SimulatedError(
      "ValidationException",
      `1 validation error detected: Value at 'evaluations' failed to satisfy constraint: Member must have length less than or equal to ${pageSize}`,
    );
  if (token === undefined) throw new SimulatedError("InvalidResultTokenException", "The ResultToken cannot be null.");
  for (const evaluation of evaluations) checkEvaluation(evaluation);
  const rule = flagIn(params, "TestMode") ? null : ruleOf(token, region);
  const failed = evaluations.filter((evaluation) => takeEntryFault(region, "config:PutEvaluations", evaluation));
  if (rule !== null)
    for (const evaluation of evaluations) if (!failed.includes(evaluation)) keep(region, rule, evaluation);
  return { FailedEvaluations: failed };
}

function toResult(evaluation: StoredEvaluation): object {
  return {
    EvaluationResultIdentifier: {
      EvaluationResultQualifier: {
        ConfigRuleName: evaluation.ConfigRuleName,
        ResourceType: evaluation.ComplianceResourceType,
        ResourceId: evaluation.ComplianceResourceId,
        EvaluationMode: "DETECTIVE",
      },
      OrderingTimestamp: evaluation.OrderingTimestamp,
    },
    ComplianceType: evaluation.ComplianceType,
    ResultRecordedTime: evaluation.ResultRecordedTime,
    ConfigRuleInvokedTime: evaluation.ResultRecordedTime,
    Annotation: evaluation.Annotation,
  };
}

function complianceDetails(params: Params, { region }: CallContext): object {
  const name = textIn(params, "ConfigRuleName") ?? "";
  if (!region.configRules.has(name))
    throw new SimulatedError(
      "NoSuchConfigRuleException",
      `The ConfigRule '${name}' provided in the request is invalid.`,
    );
  const wanted = listIn<string>(params, "ComplianceTypes");
  if (!wanted.every((type) => acceptedTypes.includes(type)))
    throw invalidParameter("INSUFFICIENT_DATA cannot be used to filter results.");
  const limit = numberIn(params, "Limit") ?? 0;
  if (limit < 0 || limit > pageSize) throw invalidParameter(`The limit must be between 0 and ${pageSize}.`);
  const results = [...region.evaluations.values()].filter(
    ({ ConfigRuleName, ComplianceType }) =>
      ConfigRuleName === name && (wanted.length === 0 || wanted.includes(ComplianceType)),
  );
  const { items, next } = pageOf(results, {
    size: limit || 10,
    token: textIn(params, "NextToken"),
    scope: `GetComplianceDetailsByConfigRule/${name}`,
    invalid: () => new SimulatedError("InvalidNextTokenException", "The specified next token is not valid."),
  });
  return { EvaluationResults: items.map(toResult), NextToken: next };
}

function describeRecorders(_params: Params, { region: { workloads } }: CallContext): object {
  const { recorder } = workloads;
  if (recorder === null) return { ConfigurationRecorders: [] };
  const { name, resourceTypes } = recorder;
  const recordingGroup = { allSupported: resourceTypes === undefined, resourceTypes: resourceTypes ?? [] };
  return { ConfigurationRecorders: [{ name, recordingGroup }] };
}

function describeRecorderStatus(_params: Params, { region: { workloads } }: CallContext): object {
  const { recorder } = workloads;
  return {
    ConfigurationRecordersStatus: recorder === null ? [] : [{ name: recorder.name, recording: recorder.recording }],
  };
}

/** AWS Config: what the function of a custom rule needs, and the configuration recorder. */
export const config: Service = {
  protocol: json11("message"),
  errors: jsonErrors,
  actions: {
    DescribeConfigurationRecorders: describeRecorders,
    DescribeConfigurationRecorderStatus: describeRecorderStatus,
    GetComplianceDetailsByConfigRule: complianceDetails,
    PutEvaluations: putEvaluations,
  },
};
