import pMap from "p-map";
import { AccessError } from "../model/errors.ts";
import type { Preflight } from "../model/preflight.ts";
import { checkAccount, type PreflightAccount, type PreflightRequest } from "./check-account.ts";
import { toPolicyToAdd } from "./policy-to-add.ts";

/** Accounts that are checked at the same time. */
const concurrency = 4;

/** Checks every account. An account that cannot be opened is said; if none can be opened, throws the first AccessError. */
export async function runPreflight(
  accounts: readonly PreflightAccount[],
  request: PreflightRequest,
  checkedAt: string,
): Promise<Preflight> {
  const results = await pMap(
    accounts,
    async (one) =>
      checkAccount(one, request).catch((error: unknown) => {
        if (error instanceof AccessError) return { name: one.account.name, error };
        throw error;
      }),
    { concurrency },
  );
  const opened = results.flatMap((result) => ("error" in result ? [] : [result]));
  const refused = results.flatMap((result) => ("error" in result ? [result] : []));
  const [first] = refused;
  if (opened.length === 0 && first !== undefined) throw first.error;
  const permissions = opened.flatMap((result) => result.permissions);
  return {
    schemaVersion: "1.0",
    checkedAt,
    callers: opened.map(({ callerArn }) => callerArn),
    permissions,
    prerequisites: request.forDeployment === null ? null : opened.flatMap(({ prerequisites }) => prerequisites),
    unopened: refused.map(({ name, error }) => ({ name, reason: error.message })),
    policyToAdd: toPolicyToAdd(permissions),
  };
}
