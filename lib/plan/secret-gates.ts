import { findReason } from "../audit/classify.ts";
import { classificationContextOf, describeGap } from "../audit/rule-context.ts";
import { unreplicateCommand } from "../model/aws-cli.ts";
import { isUsableKeyState, type Key } from "../model/key.ts";
import type { Fact, RuleContext } from "../model/rule.ts";
import { deniesRds } from "../model/secret-policy.ts";
import {
  blockManual,
  blockManualToggle,
  type Circumstances,
  closed,
  type GateVerdict,
  open,
  unknown,
} from "./gate-verdict.ts";

/** Checks that RDS can manage the password, and that it does if the action needs that. */
export function isEligible(circumstances: Circumstances): GateVerdict {
  const { action, database, context, target, policy } = circumstances;
  const { secret } = context;
  if (database.management !== "managed" && database.management !== "unmanaged")
    return closed(`it cannot be repaired: ${database.explanation ?? `it is ${database.management}`}`);
  const unmanaged = { ...database, masterUserSecret: null };
  const { reason, doubts } = findReason(unmanaged, classificationContextOf(target, policy));
  if (reason !== null && reason.code !== "blue-green-deployment")
    return blockManualToggle(
      action,
      closed(`RDS cannot turn management on: ${reason.explanation}`),
      `RDS cannot turn management on again (${reason.explanation}): change that first`,
    );
  const doubt = doubts.find((one) => !one.startsWith("rds:DescribeBlueGreenDeployments"));
  // A failed read must not leave management off: RDS itself refuses what it does not support.
  if (action === "finish-interrupted" && database.management === "unmanaged")
    return open(doubt === undefined ? "RDS can manage its password" : `only RDS can tell, because ${doubt}`);
  if (doubt !== undefined) return blockManualToggle(action, unknown("whether RDS can turn management on", doubt));
  // With management on, the secret must be read to tell whether the toggle made it.
  if (action === "finish-interrupted" && !secret.seen)
    return unknown("whether the secret was made before the toggle or by it", secret.why);
  if (action === "finish-interrupted") return open("RDS can manage its password");
  if (action === "enable")
    return database.management === "unmanaged"
      ? open("RDS can manage its password")
      : closed("RDS already manages its password: there is nothing to enable");
  if (database.management !== "managed") return closed("RDS does not manage its password: enable that first");
  return ownsItsSecret(circumstances);
}

/**
 * True if the resource policy may be why the secret does not work. An active secret works with its policy, whatever it denies, and so does a
 * new one.
 */
function isPolicyInDoubt({ database: { masterUserSecret }, context: { resourcePolicy } }: Circumstances): boolean {
  const policy = resourcePolicy.seen ? resourcePolicy.value : null;
  return policy !== null && masterUserSecret?.status !== "active" && deniesRds(policy) !== false;
}

function ownsItsSecret(circumstances: Circumstances): GateVerdict {
  const { action, database, context } = circumstances;
  const { secret } = context;
  if (!secret.seen) return blockManualToggle(action, unknown("whether the secret is its own", secret.why));
  if (secret.value === null)
    return closed("the secret that RDS names does not exist: turn management off and on by hand");
  const { deletedAt, owningService, primaryArns } = secret.value;
  if (deletedAt !== null)
    return closed(`the secret has been scheduled for deletion since ${deletedAt}: restore it first`);
  // The secret of a tenant database names the instance that contains it.
  if (owningService !== "rds" || !primaryArns.some((arn) => arn === database.arn || arn === database.containerArn))
    return blockManual(
      closed("the secret that RDS names was not made for this database: find out which database owns it"),
      "the secret that RDS names was not made for this database. If another database owns it, that one would be locked out: find out which",
    );
  if (action === "toggle" && isPolicyInDoubt(circumstances))
    return closed(
      "the resource policy of its secret may deny RDS, and the new secret would get the same policy: change the policy first",
    );
  return open("RDS manages its password, and the secret is its own");
}

export function isSecretNotReplicated({ context: { secret }, database }: Circumstances): GateVerdict {
  const what = "whether the secret is replicated to other Regions";
  if (!secret.seen) return unknown(what, secret.why);
  const { value } = secret;
  if (value === null || value.replicaRegions === null)
    return unknown(what, "secretsmanager:DescribeSecret did not return it");
  const regions = value.replicaRegions;
  if (regions.length === 0) return open("the secret is not replicated to other Regions");
  return closed(
    `the secret is replicated to ${regions.join(", ")}, and RDS would silently leave management on: end the replication with ${unreplicateCommand(database, value, regions)}`,
  );
}

export function isNotUsedByProxy({ target, database: { masterUserSecret } }: Circumstances): GateVerdict {
  const what = "whether an RDS Proxy logs in with the secret";
  const gap = target.gaps.find(({ action }) => action === "rds:DescribeDBProxies");
  if (gap !== undefined) return unknown(what, describeGap(gap));
  if (target.proxies === null) return unknown(what, "rds:DescribeDBProxies was not read");
  const users = target.proxies.filter(({ secretArns }) =>
    secretArns.some((arn) => arn === masterUserSecret?.secretArn),
  );
  if (users.length === 0) return open("no RDS Proxy logs in with the secret");
  const names = users.map(({ name }) => name).join(", ");
  return blockManual(
    closed(`RDS Proxy ${names} logs in with the secret, which would be deleted: give the proxy another secret first`),
  );
}

/** A proxy that logs in as the master user keeps the old password. RDS reports the secrets of a proxy, and not their users. */
export function isWithoutOwnSecretProxy({ target, database, policy }: Circumstances): GateVerdict {
  const what = "whether an RDS Proxy logs in to the database with a secret of its own";
  if (policy.remediation.ownSecretProxies === "allow")
    return open("the policy allows RDS Proxies that log in with secrets of their own");
  const actions = ["rds:DescribeDBProxies", "rds:DescribeDBProxyTargets"];
  const gap = target.gaps.find(({ action }) => actions.includes(action));
  if (gap !== undefined) return unknown(what, describeGap(gap));
  if (target.proxies === null) return unknown(what, "rds:DescribeDBProxies was not read");
  const proxies = target.proxies.filter(({ secretArns }) => secretArns.length > 0);
  if (proxies.some(({ targets }) => targets === undefined))
    return unknown(what, "rds:DescribeDBProxyTargets was not read");
  const [name = ""] = database.identifier.toLowerCase().split("/");
  const users = proxies.filter(({ targets = [] }) => targets.some((one) => one.toLowerCase() === name));
  if (users.length === 0) return open("no RDS Proxy logs in to the database with a secret of its own");
  return closed(
    `RDS Proxy ${users.map((one) => one.name).join(", ")} logs in to the database with a secret of its own, which will have a wrong password if its user is the master user: in that case, turn management on by hand and give the proxy the new secret; otherwise set remediation.ownSecretProxies to allow`,
  );
}

/** Checks the key: the present one for actions that keep the secret, otherwise the key of the new secret. */
export function isKeyUsable({ action, context, key, target }: Circumstances): GateVerdict {
  if (action === "schedule-rotation" || action === "rotate") return isPresentKeyUsable(context);
  if ("problem" in key) return blockManualToggle(action, closed(key.problem));
  const { reference } = key;
  if (reference === null) return open("the whole account can use the default key, aws/secretsmanager");
  const obstacle = obstacleOf(reference, key.key);
  if (obstacle !== null) return canBeEnabled(key.key) ? obstacle : blockManualToggle(action, obstacle);
  const closedKey = closedToRds(context, reference);
  if (closedKey !== null) return blockManualToggle(action, closedKey);
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

function isPresentKeyUsable(context: RuleContext): GateVerdict {
  for (const { arn, key } of [context.rdsKey, context.secretKey]) {
    const obstacle = obstacleOf(arn.seen ? (arn.value ?? "of the secret") : "of the secret", key);
    if (obstacle !== null) return obstacle;
  }
  return closedToRds(context, null) ?? open("the secret's key is enabled");
}

/** Closed if the policy of a key keeps RDS out for certain; it is read only if the secret is impaired. Null stands for both keys of the secret. */
function closedToRds({ keyAccess }: RuleContext, only: string | null): GateVerdict | null {
  for (const { keyArn, access } of keyAccess) {
    if ((only !== null && keyArn !== only) || !access.seen || access.value?.verdict !== "denies") continue;
    return closed(`the key ${keyArn} is closed to RDS (${access.value.reason}): change its policy first`);
  }
  return null;
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
