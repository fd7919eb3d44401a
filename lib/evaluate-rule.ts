import { exemptionOf } from "./audit/exempt.ts";
import { applyRule, isOff, prepare, type RuleResult, renderJudgment } from "./audit/judge.ts";
import { describeGap } from "./audit/rule-context.ts";
import { readTarget } from "./collect/read-target.ts";
import type { RegionPort } from "./collect/region-port.ts";
import { type ConfigEvent, type ConfigurationItem, isRecorded } from "./model/config-event.ts";
import type { ClassifiedDatabase } from "./model/database.ts";
import { resourceType } from "./model/database.ts";
import type { Gap, Target } from "./model/inventory.ts";
import type { Policy } from "./model/policy.ts";
import type { Rule, RuleContext } from "./model/rule.ts";
import { databaseLists } from "./model/rule-guards.ts";
import {
  type ConfigEvaluation,
  combineVerdicts,
  type ResourceVerdict,
  toEvaluation,
} from "./report/aws/config-evaluation.ts";

/** A resource, as AWS Config identifies it. */
export type EvaluatedResource = { readonly resourceType: string; readonly resourceId: string };

/** The AWS Config operations that an evaluation needs. */
export type ConfigPort = {
  /** An empty list makes no call. Throws if AWS Config rejects some of them after retries. */
  putEvaluations(evaluations: readonly ConfigEvaluation[]): Promise<void>;
  /** Lists the resources that an AWS Config rule has evaluated. */
  listEvaluated(configRuleName: string): Promise<readonly EvaluatedResource[]>;
};

export type EvaluationRequest = {
  readonly event: ConfigEvent;
  readonly rule: Rule;
  readonly policy: Policy;
  readonly port: RegionPort;
  readonly config: ConfigPort;
  /** ISO 8601. */
  readonly now: string;
};

/** Counts: evaluations sent, how many of them retired a resource, and verdicts withheld because AWS Config has no status for them. */
type EvaluationCounts = { readonly sent: number; readonly retired: number; readonly withheld: number };

export type EvaluationResult = {
  readonly counts: EvaluationCounts;
  /** The calls that failed. */
  readonly gaps: readonly Gap[];
  /** Why the evaluation must be retried: the databases could not be listed, or no verdict could be given. Null if it succeeded. */
  readonly failure: string | null;
};

/** Evaluates one rule, as AWS Config requests: for one changed resource, or for all of them. Sends what it could evaluate even if it fails. */
export async function evaluateRule(request: EvaluationRequest): Promise<EvaluationResult> {
  const { counts, gaps } = await evaluateEvent(request);
  return { counts, gaps, failure: explainFailure(counts, gaps) };
}

type Evaluated = Omit<EvaluationResult, "failure">;

function evaluateEvent(request: EvaluationRequest): Promise<Evaluated> {
  const { invokingEvent } = request.event;
  switch (invokingEvent.messageType) {
    case "ConfigurationItemChangeNotification":
      return evaluateItem(invokingEvent.configurationItem, request);
    case "OversizedConfigurationItemChangeNotification":
      return evaluateItem(invokingEvent.configurationItemSummary, request);
    case "ScheduledNotification":
      return evaluateAll(invokingEvent.notificationCreationTime, request);
  }
}

/** A list of databases that broke off fails the evaluation; a secret or key that cannot be read fails it only if nothing was sent. */
function explainFailure({ sent, withheld }: EvaluationCounts, gaps: readonly Gap[]): string | null {
  const unlisted = gaps.find(({ action }) => databaseLists.some((list) => list === action));
  const gap = unlisted ?? (sent === 0 && withheld > 0 ? gaps[0] : undefined);
  if (gap === undefined) return null;
  const effect = unlisted === undefined ? "No verdict could be given" : "The databases could not be read completely";
  return `${effect}: ${describeGap(gap)} in ${gap.region} of account ${gap.account}.`;
}

/** Sends one evaluation of the item's resource, ordered by its capture time. Reads the database, because the item has no managed secret. */
async function evaluateItem(item: ConfigurationItem, request: EvaluationRequest): Promise<Evaluated> {
  const { resourceType, resourceId, configurationItemStatus, configurationItemCaptureTime } = item;
  const isPresent = !request.event.eventLeftScope && isRecorded(configurationItemStatus);
  const { verdict, gaps } =
    isPresent === true ? await judgeItem(item, request) : { verdict: absence(item, isPresent), gaps: [] };
  const evaluation = toEvaluation({ ...verdict, resourceType, resourceId, orderingAt: configurationItemCaptureTime });
  if (evaluation === null) return { counts: { sent: 0, retired: 0, withheld: 1 }, gaps };
  await request.config.putEvaluations([evaluation]);
  return { counts: { sent: 1, retired: isPresent === true ? 0 : 1, withheld: 0 }, gaps };
}

/** The verdict on a resource that AWS Config no longer records, or whose status is not documented (`isPresent` is null). */
function absence({ configurationItemStatus }: ConfigurationItem, isPresent: false | null): ResourceVerdict {
  return isPresent === null
    ? { status: "INSUFFICIENT_DATA", message: `AWS Config reports the unknown status ${configurationItemStatus}.` }
    : { status: "NOT_APPLICABLE", message: "The database was deleted, or left the scope of this rule." };
}

async function judgeItem(
  item: ConfigurationItem,
  { rule, policy, port, now }: EvaluationRequest,
): Promise<{ verdict: ResourceVerdict; gaps: readonly Gap[] }> {
  const kind = kinds[item.resourceType];
  if (kind === undefined) {
    const message = `A resource of type ${item.resourceType} has no master password.`;
    return { verdict: { status: "NOT_APPLICABLE", message }, gaps: [] };
  }
  const only = [{ kind, by: "resourceId", value: item.resourceId }] as const;
  const target = await readTarget(port, { policy, rules: [rule], now, only });
  const verdict = judgeByResource(target, rule, policy, now).get(keyOf(item));
  return { verdict: verdict ?? (target.gaps.length > 0 ? isUnread : isGone), gaps: target.gaps };
}

/** Evaluates every database, then retires deleted ones, unless the scan was incomplete. */
async function evaluateAll(orderingAt: string, request: EvaluationRequest): Promise<Evaluated> {
  const { rule, policy, port, config, now } = request;
  const target = await readTarget(port, { policy, rules: [rule], now });
  const verdicts = judgeByResource(target, rule, policy, now);
  const evaluations: ConfigEvaluation[] = [];
  let withheld = 0;
  for (const [key, verdict] of verdicts) {
    const evaluation = toEvaluation({ ...verdict, ...fromKey(key), orderingAt });
    if (evaluation === null) withheld += 1;
    else evaluations.push(evaluation);
  }
  await config.putEvaluations(evaluations);
  const isPartial = target.gaps.some(({ action }) => action.startsWith("rds:Describe"));
  const retired = isPartial ? 0 : await retire(verdicts, orderingAt, request);
  return { counts: { sent: evaluations.length + retired, retired, withheld }, gaps: target.gaps };
}

/** Marks evaluated resources that no longer exist as NOT_APPLICABLE. */
async function retire(
  verdicts: ReadonlyMap<string, ResourceVerdict>,
  orderingAt: string,
  { event, config }: EvaluationRequest,
): Promise<number> {
  const evaluated = await config.listEvaluated(event.configRuleName);
  const gone = evaluated.filter((resource) => !verdicts.has(keyOf(resource)));
  await config.putEvaluations(gone.flatMap((resource) => toEvaluation({ ...isGone, ...resource, orderingAt }) ?? []));
  return gone.length;
}

const isUnread: ResourceVerdict = { status: "INSUFFICIENT_DATA", message: "The database could not be read." };
const isGone: ResourceVerdict = { status: "NOT_APPLICABLE", message: "The database no longer exists." };

const kinds: Readonly<Record<string, "instance" | "cluster">> = {
  [resourceType({ kind: "instance" })]: "instance",
  [resourceType({ kind: "cluster" })]: "cluster",
};

/** The rule's verdict on every DB instance and DB cluster. AWS Config has no tenant databases: their verdicts count for their container. */
function judgeByResource(
  target: Target,
  rule: Rule,
  policy: Policy,
  now: string,
): ReadonlyMap<string, ResourceVerdict> {
  const all = new Map<string, ResourceVerdict[]>();
  const containers = new Map(target.databases.map((database) => [database.arn, database]));
  for (const { database, context } of prepare(target, policy, now)) {
    const owner = database.kind === "tenant-database" ? containers.get(database.containerArn ?? "") : database;
    if (owner === undefined) continue;
    const key = keyOf(toResource(owner));
    all.set(key, [...(all.get(key) ?? []), toVerdict(applyRule(rule, database, context), database, context, policy)]);
  }
  return new Map([...all].map(([key, verdicts]) => [key, combineVerdicts(verdicts)]));
}

/** A rule that is switched off, or an exempt finding, is NOT_APPLICABLE in AWS Config, and the annotation says why. */
function toVerdict(
  result: RuleResult,
  database: ClassifiedDatabase,
  context: RuleContext,
  policy: Policy,
): ResourceVerdict {
  const { rule, status, message } = renderJudgment(result, database, policy);
  if (isOff(result.rule, policy)) return { status: "NOT_APPLICABLE", message: "The policy switches this rule off." };
  // A container passes only if its tenant databases pass too.
  if (!context.tenantDatabases.seen && status !== "NON_COMPLIANT")
    return {
      status: "INSUFFICIENT_DATA",
      message: `Its tenant databases could not be read: ${context.tenantDatabases.why}.`,
    };
  const { active } = exemptionOf(database, rule, policy, context.now);
  if (active === null || status !== "NON_COMPLIANT") return { status, message };
  return { status: "NOT_APPLICABLE", message: `Exempt until ${active.until} by ${active.owner}: ${active.reason}` };
}

function toResource(database: Pick<ClassifiedDatabase, "kind" | "resourceId">): EvaluatedResource {
  return { resourceType: resourceType(database), resourceId: database.resourceId };
}

/** Type and id, because an id is unique only within its type. */
function keyOf({ resourceType, resourceId }: EvaluatedResource): string {
  return `${resourceType} ${resourceId}`;
}

function fromKey(key: string): EvaluatedResource {
  const [resourceType = "", resourceId = ""] = key.split(" ");
  return { resourceType, resourceId };
}
