import { applyRule, confirmationsOf, prepare } from "../audit/judge.ts";
import { findOrphanedSecrets } from "../audit/orphaned-secrets.ts";
import type { Target } from "../model/inventory.ts";
import { isKeyOfAccount } from "../model/key.ts";
import type { ConfirmingAction } from "../model/rule.ts";
import { readKeyAccess, readKeys } from "./read-keys.ts";
import { describeSecrets } from "./read-secrets.ts";
import { readStarts } from "./read-starts.ts";
import type { RegionPort } from "./region-port.ts";
import { addFacts, type ReadRequest, readEach, type TargetReading } from "./target-reading.ts";

/** Before a repair everything about the secret has to be known, because the repair may lose it. */
const beforeRepair: readonly ConfirmingAction[] = ["secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy"];

/**
 * Describes the secrets that look wrong in the list, and reads the resource policies of impaired ones, the policies and grants of their keys, and
 * the starts of databases with a late rotation.
 */
export async function confirmFindings(
  port: RegionPort,
  reading: TargetReading,
  request: ReadRequest,
): Promise<TargetReading> {
  const resourcesFor = listConfirmations(reading.target, request);
  const orphans = findOrphanedSecrets(reading.target, request.now)?.map(({ arn }) => arn) ?? [];
  const suspicious = [...resourcesFor("secretsmanager:DescribeSecret"), ...orphans];
  const described = await describeSecrets(port, reading, suspicious);
  const withKeys = await readKeys(port, described, request);
  const policies = await readEach(
    "secretsmanager:GetResourcePolicy",
    resourcesFor("secretsmanager:GetResourcePolicy"),
    async (secretArn) => ({ secretArn, policy: await port.getResourcePolicy(secretArn) }),
  );
  const starts = await readStarts(port, resourcesFor("rds:DescribeEvents"), request.policy);
  const facts = { resourcePolicies: policies.items, starts: starts.items };
  const confirmed = addFacts(withKeys, facts, [policies, starts]);
  const keysFor = (action: ConfirmingAction) => listKeys(confirmed.target, resourcesFor(action), request);
  return readKeyAccess(port, confirmed, keysFor("kms:GetKeyPolicy"), keysFor("kms:ListGrants"));
}

/** ARNs of the customer managed keys of these secrets, as far as their policies can be read. */
function listKeys(target: Target, secretArns: ReadonlySet<string>, { policy, now }: ReadRequest): ReadonlySet<string> {
  const databases = target.databases.filter(({ masterUserSecret }) =>
    secretArns.has(masterUserSecret?.secretArn ?? ""),
  );
  const found = [...prepare({ ...target, databases }, policy, now)].flatMap(({ context }) => context.keyAccess);
  return new Set(found.flatMap(({ keyArn }) => (isKeyOfAccount(keyArn, target.account) ? keyArn : [])));
}

/** The ARNs of the secrets that each action confirms; of the databases for their events. The events of a tenant database are its container's. */
function listConfirmations(
  target: Target,
  { policy, rules, now, forRepair }: ReadRequest,
): (action: ConfirmingAction) => ReadonlySet<string> {
  const wanted = new Map<ConfirmingAction, Set<string>>();
  for (const { database, context } of prepare(target, policy, now)) {
    const secretArn = database.masterUserSecret?.secretArn ?? null;
    if (secretArn === null) continue;
    for (const rule of rules) {
      const result = applyRule(rule, database, context);
      const isRepairable = forRepair && result.message.repairs !== undefined;
      for (const action of [...confirmationsOf(result), ...(isRepairable ? beforeRepair : [])]) {
        const arn = action === "rds:DescribeEvents" ? (database.containerArn ?? database.arn) : secretArn;
        wanted.set(action, (wanted.get(action) ?? new Set()).add(arn));
      }
    }
  }
  return (action) => wanted.get(action) ?? new Set();
}
