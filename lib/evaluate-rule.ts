import { exemptionOf } from "./audit/exempt.ts";
import { applyRule, type Judgment, prepare, renderJudgment } from "./audit/judge.ts";
import { type RegionPort, readTarget } from "./collect/read-target.ts";
import type { ConfigEvent, ConfigurationItem } from "./model/config-event.ts";
import type { ClassifiedDatabase } from "./model/database.ts";
import { resourceType } from "./model/database.ts";
import type { Target } from "./model/inventory.ts";
import type { Policy } from "./model/policy.ts";
import type { Rule, RuleContext } from "./model/rule.ts";
import {
  type ConfigEvaluation,
  combineVerdicts,
  type ResourceVerdict,
  toEvaluation,
} from "./report/aws/config-evaluation.ts";

/** A resource as AWS Config names it. */
export type EvaluatedResource = { readonly resourceType: string; readonly resourceId: string };

/** What is asked of AWS Config. */
export type ConfigPort = {
  /** None is no call. Throws where some were not taken after retries. */
  putEvaluations(evaluations: readonly ConfigEvaluation[]): Promise<void>;
  /** The resources that have an evaluation by an AWS Config rule. */
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

/** What was told to AWS Config: how many evaluations, how many of them retired a resource, how many verdicts it would not take. */
export type EvaluationResult = { readonly sent: number; readonly retired: number; readonly withheld: number };

/** Evaluates one rule as AWS Config asks: one resource that changed, or all of them. */
export async function evaluateRule(request: EvaluationRequest): Promise<EvaluationResult> {
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

/** One evaluation, for the item's own resource and as of its capture. The item is a hint: it does not know the managed secret. */
async function evaluateItem(
  item: ConfigurationItem,
  { event, config, ...request }: EvaluationRequest,
): Promise<EvaluationResult> {
  const { resourceType, resourceId, configurationItemStatus, configurationItemCaptureTime } = item;
  const isThere = ["OK", "ResourceDiscovered"].includes(configurationItemStatus) && !event.eventLeftScope;
  const said = isThere
    ? await judgeItem(item, request)
    : ({
        status: "NOT_APPLICABLE",
        message: "The database was deleted, or is not in this rule's scope any more.",
      } as const);
  const evaluation = toEvaluation({ ...said, resourceType, resourceId, orderingAt: configurationItemCaptureTime });
  if (evaluation === null) return { sent: 0, retired: 0, withheld: 1 };
  await config.putEvaluations([evaluation]);
  return { sent: 1, retired: isThere ? 0 : 1, withheld: 0 };
}

async function judgeItem(
  item: ConfigurationItem,
  { rule, policy, port, now }: Omit<EvaluationRequest, "event" | "config">,
): Promise<ResourceVerdict> {
  const kind = kinds[item.resourceType];
  if (kind === undefined)
    return { status: "NOT_APPLICABLE", message: `A resource of the type ${item.resourceType} has no master password.` };
  const only = [{ kind, by: "resourceId", value: item.resourceId }] as const;
  const target = await readTarget(port, { policy, rules: [rule], now, only });
  const said = judgeByResource(target, rule, policy, now).get(keyOf(item));
  if (said !== undefined) return said;
  return target.gaps.length > 0 ? { status: "INSUFFICIENT_DATA", message: "The database could not be read." } : isGone;
}

/** Every database, and then those that are gone since; after a scan that did not see everything nothing is retired. */
async function evaluateAll(orderingAt: string, request: EvaluationRequest): Promise<EvaluationResult> {
  const { rule, policy, port, config, now } = request;
  const target = await readTarget(port, { policy, rules: [rule], now });
  const verdicts = judgeByResource(target, rule, policy, now);
  const evaluations: ConfigEvaluation[] = [];
  let withheld = 0;
  for (const [key, said] of verdicts) {
    const evaluation = toEvaluation({ ...said, ...fromKey(key), orderingAt });
    if (evaluation === null) withheld += 1;
    else evaluations.push(evaluation);
  }
  await config.putEvaluations(evaluations);
  const isPartial = target.gaps.some(({ action }) => action.startsWith("rds:Describe"));
  const retired = isPartial ? 0 : await retire(verdicts, orderingAt, request);
  return { sent: evaluations.length + retired, retired, withheld };
}

/** Tells AWS Config of the resources that it has a verdict on and that are not there. */
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

const isGone: ResourceVerdict = { status: "NOT_APPLICABLE", message: "The database does not exist any more." };

const kinds: Readonly<Record<string, "instance" | "cluster">> = {
  [resourceType({ kind: "instance" })]: "instance",
  [resourceType({ kind: "cluster" })]: "cluster",
};

/**
 * The rule's word on every DB instance and DB cluster. AWS Config has no tenant databases: theirs is told of their container.
 */
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
    all.set(key, [
      ...(all.get(key) ?? []),
      say(renderJudgment(applyRule(rule, database, context), database, policy), database, context, policy),
    ]);
  }
  return new Map([...all].map(([key, verdicts]) => [key, combineVerdicts(verdicts)]));
}

/** A rule that is off, or a risk that its owner accepted, has nothing to say in AWS Config, and the annotation says why. */
function say(judgment: Judgment, database: ClassifiedDatabase, context: RuleContext, policy: Policy): ResourceVerdict {
  const { rule, status, message } = judgment;
  if (policy.rulesOff.includes(rule))
    return { status: "NOT_APPLICABLE", message: "The policy switches this rule off." };
  // A container stands for its tenant databases too, and passes only with them.
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

/** Type and id: an id alone is not unique over types. */
function keyOf({ resourceType, resourceId }: EvaluatedResource): string {
  return `${resourceType} ${resourceId}`;
}

function fromKey(key: string): EvaluatedResource {
  const [resourceType = "", resourceId = ""] = key.split(" ");
  return { resourceType, resourceId };
}
