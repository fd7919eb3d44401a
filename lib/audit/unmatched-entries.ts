import type { Inventory, Target } from "../model/inventory.ts";
import { toCanonicalReference } from "../model/key.ts";
import type { Match, Policy } from "../model/policy.ts";
import { hidesDatabases } from "./compare-reports.ts";
import { matches } from "./match.ts";

/**
 * The exemptions and opt-ins that match no database, as in `exemptions[0]`. Empty if a database may not have been read. An entry for other accounts or
 * Regions than those of the inventory is left out, because its databases are elsewhere.
 */
export function unmatchedEntries(policy: Policy, { targets, gaps }: Inventory): readonly string[] {
  if (gaps.length > 0 || targets.some((target) => target.gaps.some(hidesDatabases))) return [];
  const databases = targets.flatMap(({ databases }) => databases);
  const find = (name: string, entries: readonly Match[]) =>
    entries.flatMap((match, index) => {
      const isElsewhere = !targets.some((target) => isAbout(match, target));
      return isElsewhere || databases.some((database) => matches(match, database)) ? [] : [`${name}[${index}]`];
    });
  return [
    ...find(
      "exemptions",
      policy.exemptions.map(({ match }) => match),
    ),
    ...find("remediation.optIn", policy.remediation.optIn),
  ];
}

function isAbout({ account, region }: Match, target: Target): boolean {
  return (account?.includes(target.account) ?? true) && (region?.includes(target.region) ?? true);
}

/** The keys that the policy names and that KMS does not have, each with the accounts and Regions where a database requires it. */
export function missingKeys(
  policy: Policy,
  { targets }: Inventory,
): readonly { readonly key: string; readonly targets: readonly Target[] }[] {
  const named = new Set(policy.keys.flatMap(({ require }) => require));
  return [...named].flatMap((key) => {
    const without = targets.filter((target) => lacksKey(target, key));
    return without.length === 0 ? [] : [{ key, targets: without }];
  });
}

/** True if the key was requested from KMS, which does not have it. */
function lacksKey(target: Target, key: string): boolean {
  const canonical = toCanonicalReference(key, target);
  return target.keys.some((one) => one.reference === canonical && one.key === null);
}
