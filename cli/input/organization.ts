import type { Command } from "commander";
import type { RequestDetails } from "../../lib/audit/assemble-report.ts";
import type { Progress } from "../../lib/collect/take-inventory.ts";
import { UsageError } from "../../lib/model/errors.ts";
import type { Inventory } from "../../lib/model/inventory.ts";
import type { Policy } from "../../lib/model/policy.ts";
import type { Report } from "../../lib/model/report.ts";
import { auditOrganization } from "../../lib/organization/audit-organization.ts";
import { type Discovery, discoverAccounts } from "../../lib/organization/discover-accounts.ts";
import { adviseOnManagementAccount } from "../../lib/organization/management-account.ts";
import { createMemberOpener } from "../../lib/organization/open-member.ts";
import type { AccountReading } from "../../lib/organization/read-account.ts";
import { count } from "../../lib/report/text/count.ts";
import { rules } from "../../rules/index.ts";
import { type Io, write } from "../io.ts";
import { createProgressBar } from "../output/progress-bar.ts";
import { createSlownessNotice } from "../output/slowness-notice.ts";
import { version } from "../version.ts";
import { openAccount, openAws } from "./aws-environment.ts";
import { chooseRegions } from "./choose-regions.ts";
import { refuseBoth } from "./option-values.ts";
import { memberRoleOf, type SourceOptions } from "./source.ts";

/** An audit of an organization: its report, and its inventory if that is to be saved. */
type OrganizationAudit = { readonly report: Report; readonly inventory: Inventory | null };

/** Adds the options for an audit of an organization. */
export function addOrganizationOption(command: Command): Command {
  return command
    .option(
      "--organization",
      "read every account of the AWS organization, in every Region that it has enabled (docs/organization.md)",
    )
    .option("--coverage-by-name", "name every account and Region that was not seen, not only the first (table)");
}

/** Throws a UsageError if `--organization` is given with an option that contradicts it. */
export function checkOrganization({ organization, from, account, roleArn, profile = [] }: SourceOptions): void {
  if (organization === undefined) return;
  refuseBoth({ "--organization": organization, "--from": from });
  refuseBoth({ "--organization": organization, "--account": account });
  refuseBoth({ "--organization": organization, "--role-arn": roleArn });
  if (profile.length > 1)
    throw new UsageError(
      "--organization takes one --profile: that of the management account or of a delegated administrator.",
    );
}

/** Audits the organization of the credentials. Null if the user interrupted it, which is then said. */
export async function auditOrganizationOf(
  options: SourceOptions,
  policy: Policy,
  io: Io,
  { request, keepInventory }: { readonly request: RequestDetails; readonly keepInventory: boolean },
): Promise<OrganizationAudit | null> {
  memberRoleOf(policy, "--organization");
  const { region, profile = [], timeout } = options;
  const aws = await openAws(io, profile);
  const controller = new AbortController();
  const timeLimit =
    timeout === undefined ? [] : [aws.startTimeLimit(timeout * 1000, `the time of --timeout (${timeout} s) was over`)];
  const signal = AbortSignal.any([controller.signal, ...timeLimit]);
  const [name] = profile;
  const credentials = { ...(name === undefined ? {} : { profile: name }), signal };
  const caller = openAccount(aws, name, signal);
  const identity = await caller.identify();
  const names = region ?? policy.regions;
  const regions =
    names === undefined || options.allRegions
      ? "all"
      : await chooseRegions({ regions: names, profiles: profile, remedy: "--region or --all-regions" }, aws, [caller]);

  const port = await aws.openOrganization(credentials);
  const discovery = await discoverAccounts(port, policy);
  await sayWhatIsUnusual(discovery, io);
  const { organization } = discovery;
  const open = createMemberOpener(identity, policy.organization, {
    openOwn: (name) => aws.createAccount({ ...credentials, name }),
    openRole: (role) => aws.openRole({ ...credentials, ...role }),
  });

  const now = io.now().toISOString();
  const accountNames = Object.fromEntries(discovery.accounts.map(({ account, name }) => [account, name]));
  const inventory: Inventory = {
    schemaVersion: "1.0",
    observedAt: now,
    targets: [],
    gaps: [],
    unread: [],
    accountNames,
    callers: [identity.arn],
  };
  const watch = watchProgress(io);
  const audit = auditOrganization(discovery, {
    ...{
      policy,
      rules,
      version,
      now,
      asked: { details: request, callers: [identity.arn] },
      generatedAt: () => io.now().toISOString(),
    },
    ...{ organization: port, open, regions, caller: identity.account, onProgress: watch.show },
    adviseOn: adviseOnManagementAccount({ organization, caller: identity.arn, policy: policy.organization }),
    ...(keepInventory && { onReading: (reading) => addReading(inventory, reading) }),
  });
  try {
    const report = await Promise.race([audit, io.interrupted().then(() => null)]);
    if (report !== null) return { report, inventory: keepInventory ? inventory : null };
  } finally {
    watch.stop();
    controller.abort(new Error("the audit was interrupted"));
    port.close();
  }
  const { done, total } = watch.progress();
  await write(io.stderr, `Interrupted: ${done} of ${count(total, "account")} were read. Nothing was written.\n`);
  return null;
}

async function sayWhatIsUnusual({ organization, unknownExclusions }: Discovery, io: Io): Promise<void> {
  if (organization.featureSet !== "ALL")
    await write(
      io.stderr,
      `The organization has not enabled all features (${organization.featureSet}): a StackSet cannot create the member role, so create it in each account.\n`,
    );
  if (unknownExclusions.length > 0)
    await write(
      io.stderr,
      `The organization does not have these accounts of the policy's organization.excludedAccounts: ${unknownExclusions.join(", ")}.\n`,
    );
}

function addReading(inventory: Inventory, { targets, gaps, unread }: AccountReading): void {
  inventory.targets.push(...targets);
  inventory.gaps.push(...gaps);
  inventory.unread?.push(...unread);
}

/** Shows the progress on a terminal, and says so if it takes long. */
function watchProgress(io: Io) {
  const progressBar = createProgressBar(io.stderr, "accounts");
  const notice = createSlownessNotice(io.stderr, undefined, "accounts");
  let progress: Progress = { done: 0, total: 0 };
  return {
    show(next: Progress) {
      progress = next;
      progressBar.show(next);
      notice.show(next);
    },
    stop() {
      notice.stop();
      progressBar.stop();
    },
    progress: () => progress,
  };
}
