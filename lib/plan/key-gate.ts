import { describeGap } from "../audit/rule-context.ts";
import { isUsableKeyState, type Key } from "../model/key.ts";
import type { Fact, RuleContext } from "../model/rule.ts";
import { blockManualToggle, type Circumstances, closed, type GateVerdict, open, unknown } from "./gate-verdict.ts";

/** Checks the key: the present one for actions that keep the secret, otherwise the key of the new secret. */
export function isKeyUsable({ action, context, key, target }: Circumstances): GateVerdict {
  if (action === "schedule-rotation" || action === "rotate") return isPresentKeyUsable(context);
  if ("problem" in key) return blockManualToggle(action, closed(key.problem));
  const { reference } = key;
  if (reference === null) return open("the whole account can use the default key, aws/secretsmanager");
  const obstacle = obstacleOf(reference, key.key);
  if (obstacle !== null) return canBeEnabled(key.key) ? obstacle : blockManualToggle(action, obstacle);
  const what = `whether this role may use the key ${reference}`;
  const gap = target.gaps.find(({ action, resource }) => action === "kms:GenerateDataKey" && resource === reference);
  if (gap !== undefined) return unknown(what, describeGap(gap));
  const trial = target.keyTrials.find(({ keyArn }) => keyArn === reference);
  if (trial === undefined) return unknown(what, "kms:GenerateDataKey was not tried");
  return trial.refusal === null
    ? open(`the key ${reference} is enabled, and this role may use it`)
    : closed(
        `this role may not use the key ${reference} (${trial.refusal}): let its key policy allow the role kms:GenerateDataKey, kms:Decrypt and kms:CreateGrant`,
      );
}

function isPresentKeyUsable({ rdsKey, secretKey }: RuleContext): GateVerdict {
  for (const { arn, key } of [rdsKey, secretKey]) {
    const obstacle = obstacleOf(arn.seen ? (arn.value ?? "of the secret") : "of the secret", key);
    if (obstacle !== null) return obstacle;
  }
  return open("the secret's key is enabled");
}

/** True if a person may be able to use the key, or can enable it with a command. */
function canBeEnabled(key: Fact<Key>): boolean {
  return !key.seen || key.value?.state === "Disabled" || key.value?.state === "PendingDeletion";
}

/** Null for a key that is enabled. */
function obstacleOf(name: string, key: Fact<Key>): GateVerdict | null {
  if (!key.seen) return unknown(`whether the key ${name} is enabled`, key.why);
  if (key.value === null) return closed(`the key ${name} does not exist: name another under keys in the policy`);
  const { state } = key.value;
  if (isUsableKeyState(state)) return null;
  return closed(`the key ${name} is ${state}: ${state === "PendingDeletion" ? "cancel that, and " : ""}enable it`);
}
