import type { Pages } from "../collect/region-port.ts";
import { AwsCallError } from "../model/errors.ts";
import type { Policy } from "../model/policy.ts";
import { expectAccounts } from "./expected-accounts.ts";
import type { Member } from "./organization-port.ts";

/** How one account of an organization is found. Each method is one API operation; a failed call throws an AwsCallError. */
export type MemberPort = {
  describeAccount(account: string): Promise<Member>;
  /** The ID of the unit or the root directly above an account or a unit. */
  listParents(child: string): Pages<string>;
};

/** The source of an event. EventBridge sets both, also if a rule of another account sends the event. */
export type EventScope = { readonly account: string; readonly region: string };

/**
 * Finds why an audit of the organization does not read the account or the Region of an event, or null if it does. Asks for one account only,
 * so an account that joined since the last audit counts. Throws if the account is not in the organization, or if that is unknown.
 */
export async function findExclusion(
  { account, region }: EventScope,
  port: MemberPort,
  policy: Pick<Policy, "accounts" | "organization">,
): Promise<string | null> {
  const { excludedUnits, excludedRegions } = policy.organization;
  try {
    const member = await port.describeAccount(account);
    const units = excludedUnits.length === 0 ? [] : await unitsAbove(account, port);
    const above = excludedUnits
      .filter(({ unit }) => unit.some((id) => units.includes(id)))
      .map(({ reason }) => ({ accounts: new Set([account]), reason }));
    const [expected] = expectAccounts([member], above, policy);
    return expected?.unread?.reason ?? excludedRegions.find((one) => one.region.includes(region))?.reason ?? null;
  } catch (error) {
    throw explain(error, account);
  }
}

function explain(error: unknown, account: string): unknown {
  if (!(error instanceof AwsCallError)) return error;
  const { action, code, message } = error;
  if (code !== "AccountNotFoundException") return error.withMessage(`${action} failed with ${code}: ${message}`);
  return new Error(
    `The event is from account ${account}, which is not in the organization. Remove what lets it send events from the policy of the event bus.`,
  );
}

/** The units above an account or a unit, and the root. */
async function unitsAbove(child: string, port: MemberPort): Promise<readonly string[]> {
  const above: string[] = [];
  for await (const page of port.listParents(child))
    for (const parent of page) above.push(parent, ...(parent.startsWith("r-") ? [] : await unitsAbove(parent, port)));
  return above;
}
