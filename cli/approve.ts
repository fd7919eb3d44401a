import type { Command } from "commander";
import { UsageError } from "../lib/model/errors.ts";
import { toPrintable } from "../lib/report/text/printable.ts";
import { exitStatus } from "./exit-status.ts";
import { type Io, openAccount, write } from "./io.ts";

type ApproveOptions = { readonly region?: string; readonly profile?: string };
type Decision = "approved" | "rejected";

/** `approve` and `reject`: a person's word on what the service asked before it began. */
export function addApprove(program: Command, io: Io, end: (status: number) => void): void {
  add("approve", "let the deployed service do what it asked about", "approved");
  add("reject", "forbid the deployed service what it asked about", "rejected");

  function add(name: string, description: string, decision: Decision): void {
    program
      .command(name)
      .description(description)
      .argument("<id>", "the id that the request for approval has")
      .option("-r, --region <region>", "where the service runs (default: that of the AWS configuration)")
      .option("-p, --profile <name>", "AWS profile of the account where the service runs")
      .addHelpText(
        "after",
        `
The id stands in the message of the alerts topic. The answer is given in your name, as AWS STS knows it, and cannot be taken back.

Examples:
  rds-password-audit ${name} ID
  rds-password-audit ${name} ID --region eu-west-1 --profile audit`,
      )
      .action(async (id: string, options: ApproveOptions) => end(await answer(id, decision, options, io)));
  }
}

async function answer(id: string, decision: Decision, { region, profile }: ApproveOptions, io: Io): Promise<number> {
  const { createAccount, defaultRegion, answerApproval } = await io.loadAws();
  const location = region ?? (await defaultRegion(profile));
  if (location == null) throw new UsageError("In which Region does the service run? Give --region, or set AWS_REGION.");
  const { arn: by } = await openAccount({ createAccount }, profile).identify(location);
  await answerApproval(id, { decision, by }, { region: location, ...(profile === undefined ? {} : { profile }) });
  const consequence =
    decision === "approved"
      ? "It is begun when its window is open, if nothing else is in the way by then."
      : "It is not begun.";
  await write(
    io.stdout,
    `${decision === "approved" ? "Approved" : "Rejected"} in the name of ${toPrintable(by)}. ${consequence}\n`,
  );
  return exitStatus.clean;
}
