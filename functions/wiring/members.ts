import type { MemberService } from "../../lib/audit-accounts.ts";
import { createRunStore } from "../../lib/aws/create-run-store.ts";
import { importFindings } from "../../lib/aws/import-findings.ts";
import { openRole } from "../../lib/aws/open-role.ts";
import type { RunReference } from "../../lib/model/organization-run.ts";
import type { OrganizationPolicy } from "../../lib/model/policy.ts";
import { memberRoleArn } from "../../lib/organization/member-role-arn.ts";
import { createFindingsDestination, createSecurityHubDestination } from "../../lib/publish/destinations.ts";
import { createPublisher } from "./service.ts";
import type { WorkerSettings } from "./settings.ts";
import type { TimeLimits } from "./time-limits.ts";

type MemberServiceOptions = {
  readonly settings: WorkerSettings;
  readonly policy: OrganizationPolicy;
  readonly partition: string;
  readonly region: string;
  readonly run: RunReference;
  readonly limits: TimeLimits;
};

/** Opens member accounts with the member role. Security Hub accepts findings only from the account that they are about. */
export function createMembers({ settings, policy, partition, region, run, limits }: MemberServiceOptions) {
  const { answering, reading: signal, storing } = limits;
  const store = createRunStore({ bucket: settings.REPORT_BUCKET, signal: storing });
  const findings = createFindingsDestination(createPublisher(answering)(settings.FINDINGS_TOPIC_ARN));
  const { externalId } = policy;
  return (account: string): MemberService => {
    const port = openRole({ roleArn: memberRoleArn(account, partition, policy), externalId, region, signal });
    const credentials = { account, signal: answering, credentials: port.credentials };
    const securityHub = createSecurityHubDestination((imported, options) =>
      importFindings(imported, { ...credentials, ...options }),
    );
    return {
      port,
      store: store.accountStore(account, run.day),
      destinations: settings.SECURITY_HUB === "on" ? [findings, securityHub] : [findings],
    };
  };
}
