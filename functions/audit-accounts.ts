import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";
import { parser } from "@aws-lambda-powertools/parser/middleware";
import middy from "@middy/core";
import * as z from "zod/mini";
import { auditAccounts } from "../lib/audit-accounts.ts";
import { openOrganization } from "../lib/aws/open-organization.ts";
import { runReferenceSchema } from "../lib/model/organization-run.ts";
import { adviseOnManagementAccount } from "../lib/organization/management-account.ts";
import { rules } from "../rules/index.ts";
import { scopeOf } from "./wiring/invocation.ts";
import { createMembers } from "./wiring/members.ts";
import { version } from "./wiring/service.ts";
import { packagedPolicy, readWorkerSettings } from "./wiring/settings.ts";
import { logErrors, logger, metrics, recordAccount } from "./wiring/telemetry.ts";
import { startTimeLimits } from "./wiring/time-limits.ts";

const settings = readWorkerSettings(process.env);
const policy = packagedPolicy();

/**
 * The event of the coordinator: some accounts of a run.
 *
 * ```json
 * { "run": { "id": "2026-11-24T06:00:00Z", "day": "2026-11-24",
 *     "organization": { "id": "o-a1b2c3d4e5", "managementAccount": "999999999999" } },
 *   "accounts": ["111111111111", "222222222222"] }
 * ```
 */
const eventSchema = z.object({ run: runReferenceSchema, accounts: z.array(z.string()) });

/** Audits some accounts of a run over the organization, and publishes their changes to machines. */
export const handler = middy()
  .use(injectLambdaContext(logger))
  .use(logMetrics(metrics))
  .use(logErrors)
  .use(parser({ schema: eventSchema }))
  .handler(async ({ run, accounts }: z.infer<typeof eventSchema>, context) => {
    const { account: caller, ...scope } = scopeOf(context);
    const limits = startTimeLimits(context);
    const organization = await openOrganization({ region: scope.region, signal: limits.reading });
    return auditAccounts({
      ...{ run, accounts, policy, rules, version, organization, caller },
      regions: settings.REGIONS,
      open: createMembers({ settings, policy: policy.organization, ...scope, run, limits }),
      adviseOn: adviseOnManagementAccount({
        organization: run.organization,
        caller: settings.AUDITOR_ARNS,
        policy: policy.organization,
      }),
      reading: limits.reading,
      stop: limits.sending,
      now: () => new Date().toISOString(),
      onPublication: recordAccount,
    });
  });
