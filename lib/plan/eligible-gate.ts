import { findReason } from "../audit/classify.ts";
import { classificationContextOf } from "../audit/rule-context.ts";
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

function ownsItsSecret({ action, database, context: { secret } }: Circumstances): GateVerdict {
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
  return open("RDS manages its password, and the secret is its own");
}
