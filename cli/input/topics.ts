import { type Command, Option } from "commander";
import { UsageError } from "../../lib/model/errors.ts";
import type { RemediationEvent } from "../../lib/model/remediation-event.ts";
import type { Publish } from "../../lib/publish/destinations.ts";
import { createNotifier } from "../../lib/publish/notify-remediation.ts";
import type { Io } from "../io.ts";
import type { RemediateOptions } from "../repairs/remediate-options.ts";
import { openAws } from "./aws-environment.ts";

/** Adds the options that name topics to publish the events of repairs to. */
export function addTopicOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--findings-topic <arn>", "also publish events for machines to this SNS topic").argParser(
        topicArn("--findings-topic"),
      ),
    )
    .addOption(
      new Option("--alerts-topic <arn>", "also publish alerts for people to this SNS topic").argParser(
        topicArn("--alerts-topic"),
      ),
    );
}

/** A parser for an option that takes the ARN of an SNS topic. */
function topicArn(option: string): (value: string) => string {
  return (value) => {
    if (/^arn:[\w-]+:sns:[\w-]+:\d{12}:[\w-]+$/.test(value)) return value;
    throw new UsageError(`${option} takes the ARN of an SNS topic, not "${value}".`);
  };
}

/** Opens the topics of the options, and answers with a function that publishes the events of a repair. Uses the first profile. */
export async function openTopics(
  { findingsTopic, alertsTopic, profile = [] }: RemediateOptions,
  io: Io,
): Promise<(event: RemediationEvent) => Promise<void>> {
  if (findingsTopic === undefined && alertsTopic === undefined) return async () => {};
  const { openTopic } = await openAws(io, profile);
  const [first] = profile;
  const open = (arn: string | undefined): Publish =>
    arn === undefined ? async () => [] : openTopic(arn, first === undefined ? {} : { profile: first });
  return createNotifier(open(findingsTopic), open(alertsTopic));
}
