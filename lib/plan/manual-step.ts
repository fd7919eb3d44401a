import type { ActionName } from "../model/action.ts";
import {
  enableKeyCommand,
  keepKeyCommand,
  restoreSecretCommand,
  rotateCommand,
  scheduleCommand,
  turnOffCommand,
  turnOnCommand,
  unreplicateCommand,
  untagCommand,
  untilOffCommand,
} from "../model/aws-cli.ts";
import { type ClassifiedDatabase, type Database, isSettled } from "../model/database.ts";
import type { Key } from "../model/key.ts";
import type { ManualStep } from "../model/plan.ts";
import { toRequestDatabase } from "../model/remediation-request.ts";
import type { Fact, RuleContext } from "../model/rule.ts";
import { ownToggleTagOf } from "../model/toggle-marker.ts";
import { toRotationResource } from "../patches/rotation.ts";
import { toArguments, toCloudFormation } from "../patches/turn-on.ts";
import type { KeyChoice } from "./choose-key.ts";
import type { RequestedRepair } from "./requested-repairs.ts";

type Steps = Pick<ManualStep, "awsCli" | "cloudFormation" | "terraform">;

/**
 * How a person repairs a finding, step by step, and why the service does not. AWS CLI commands run as they are; the CloudFormation and
 * Terraform lines belong in the database's own resource. With a blocker, the step only tells what to resolve first.
 */
export function toManualStep(
  { action, rule, database, context, finding }: Omit<RequestedRepair, "target" | "exemption">,
  reason: string,
  key: KeyChoice = { reference: null },
  blocker: string | null = null,
): ManualStep {
  return {
    finding: `${rule.id}/${database.arn}`,
    database: toRequestDatabase(database),
    rule: rule.id,
    reason,
    ...(blocker === null
      ? { what: finding.remediation ?? finding.message, ...toSteps(action, database, context, key) }
      : {
          what: `Do not make this change by hand either until this is resolved: ${blocker}.`,
          awsCli: [],
          ...noTemplates,
        }),
  };
}

const noTemplates = { cloudFormation: null, terraform: null };

function toSteps(action: ActionName | null, database: ClassifiedDatabase, context: RuleContext, key: KeyChoice): Steps {
  const present = keyCommands(database, [context.rdsKey.key, context.secretKey.key]);
  const chosen = "key" in key ? keyCommands(database, [key.key]) : [];
  const secret = context.secret.seen ? context.secret.value : null;
  switch (action) {
    case null: {
      const isDeleted = secret !== null && secret.deletedAt !== null;
      const awsCli = [...(isDeleted ? [restoreSecretCommand(database, secret)] : []), ...present];
      const isRotatedNext = awsCli.length > 0 && database.masterUserSecret?.status === "impaired";
      return { ...noTemplates, awsCli: isRotatedNext ? [...awsCli, rotateCommand(database)] : awsCli };
    }
    case "schedule-rotation":
      return {
        ...noTemplates,
        awsCli: [...present, scheduleCommand(database, secretArnOf(database))],
        terraform: toRotationResource({ secretArn: secretArnOf(database), days: 7 }),
      };
    case "rotate":
      return { ...noTemplates, awsCli: [...present, rotateCommand(database)] };
    case "finish-interrupted":
      if (database.masterUserSecret !== null)
        return { ...noTemplates, awsCli: isOnAgain(database, context) ? [untagCommand(database)] : [] };
      return toSteps("enable", database, context, key);
    case "enable":
      // Without the key that the policy requires, the command would lead to the next finding.
      if ("problem" in key) return { ...noTemplates, awsCli: [] };
      return { awsCli: [...chosen, turnOnCommand(database, key.reference)], ...toTemplates(database, key) };
    case "toggle": {
      const replicaRegions = secret?.replicaRegions ?? [];
      const isReplicated = secret !== null && replicaRegions.length > 0;
      return {
        awsCli: [
          ...chosen,
          ...(isReplicated ? [unreplicateCommand(database, secret, replicaRegions)] : []),
          turnOffCommand(database),
          untilOffCommand(database),
          turnOnCommand(database, key.reference),
        ],
        ...toTemplates(database, key),
      };
    }
  }
}

/** True if only the tag is left of a toggle. The tag must stay while RDS may still remove the secret. */
function isOnAgain(database: ClassifiedDatabase, { secret }: RuleContext): boolean {
  const startedAt = ownToggleTagOf(database)?.marker?.startedAt;
  const createdAt = secret.seen ? secret.value?.createdAt : undefined;
  const isNew = startedAt !== undefined && createdAt != null && createdAt > startedAt;
  return isNew && database.masterUserSecret?.status === "active" && isSettled(database);
}

function secretArnOf({ masterUserSecret }: Database): string {
  return masterUserSecret?.secretArn ?? "";
}

/** Makes disabled keys, and keys that are pending deletion, usable again. */
function keyCommands(database: Database, keys: readonly Fact<Key>[]): string[] {
  const commands = keys.flatMap((key) => {
    if (!key.seen || key.value === null) return [];
    const enable = enableKeyCommand(database, key.value);
    if (key.value.state === "Disabled") return [enable];
    return key.value.state === "PendingDeletion" ? [keepKeyCommand(database, key.value), enable] : [];
  });
  return [...new Set(commands)];
}

/** What the template or configuration must contain so that it does not undo the change. Neither tool supports tenant databases. */
function toTemplates({ kind }: Database, { reference }: KeyChoice): Pick<ManualStep, "cloudFormation" | "terraform"> {
  if (kind === "tenant-database") return noTemplates;
  const target = { kind, key: reference };
  return { cloudFormation: toCloudFormation(target), terraform: toArguments(target) };
}
