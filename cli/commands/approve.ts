import { type Command, Option } from "commander";
import { toPrintable } from "../../lib/report/text/printable.ts";
import { exitStatus } from "../exit-status.ts";
import { openAccount, openAws } from "../input/aws-environment.ts";
import { chooseRegions } from "../input/choose-regions.ts";
import { nonEmpty } from "../input/option-values.ts";
import { type Io, write } from "../io.ts";

type ApproveOptions = { readonly region?: string; readonly profile?: string };
type Decision = "approved" | "rejected";

/** `approve` and `reject`: answer the service's approval request for a repair. */
export function addApprove(program: Command, io: Io, end: (status: number) => void): void {
  add("approve", "approve a pending repair of the deployed service", "approved");
  add("reject", "reject a pending repair of the deployed service", "rejected");

  function add(name: string, description: string, decision: Decision): void {
    program
      .command(name)
      .description(description)
      .argument("<id>", "id of the approval request")
      .addOption(
        new Option(
          "-r, --region <region>",
          "Region of the service (default: the one in the AWS configuration)",
        ).argParser(nonEmpty("--region")),
      )
      .addOption(
        new Option("-p, --profile <name>", "AWS profile for the service's account").argParser(nonEmpty("--profile")),
      )
      .addHelpText(
        "after",
        `
The message on the alerts topic has the id. The answer is recorded under your ARN, as returned by AWS STS, and cannot be changed.

Examples:
  rds-password-audit ${name} ID
  rds-password-audit ${name} ID --region eu-west-1 --profile audit`,
      )
      .action(async (id: string, options: ApproveOptions) => end(await answer(id, decision, options, io)));
  }
}

async function answer(id: string, decision: Decision, { region, profile }: ApproveOptions, io: Io): Promise<number> {
  const profiles = profile === undefined ? [] : [profile];
  const aws = await openAws(io, profiles);
  const account = openAccount(aws, profile);
  const regions = region === undefined ? undefined : [region];
  const [location = ""] = await chooseRegions({ regions, profiles, remedy: "--region" }, aws, [account]);
  const { arn: by } = await account.identify(location);
  await aws.answerApproval(id, { decision, by }, { region: location, ...(profile === undefined ? {} : { profile }) });
  const consequence =
    decision === "approved"
      ? "The repair starts in its window, if every check passes then."
      : "The repair does not start.";
  await write(
    io.stdout,
    `${decision === "approved" ? "Approved" : "Rejected"} as ${toPrintable(by)}. ${consequence}\n`,
  );
  return exitStatus.clean;
}
