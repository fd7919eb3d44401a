import {
  changeSetPayloadSchema,
  stackPayloadSchema,
  type TemplateHookAnswer,
  type TemplateHookEvent,
} from "../../model/template-hook-event.ts";
import type { Standard } from "../templates/judge-declared.ts";
import type { HookOutcome } from "./hook-outcome.ts";
import { judgeChangeSet } from "./judge-change-set.ts";
import { judgeResource } from "./judge-resource.ts";
import { judgeStack } from "./judge-stack.ts";

/** What the hook needs besides the event. */
export type HookPort = {
  readonly region: string;
  /** Reads the text at a presigned URL. Throws if it cannot. */
  readonly readPayload: (url: string) => Promise<string>;
};

/**
 * Judges what CloudFormation or the Cloud Control API is about to create or change, in the words of `check`. Throws if the payload cannot be
 * read.
 */
export async function judgeEvent(
  event: TemplateHookEvent,
  { region, readPayload }: HookPort,
  standard: Standard,
): Promise<TemplateHookAnswer> {
  const { awsAccountId: account, actionInvocationPoint, clientRequestToken, requestData, stackId } = event;
  const name = requestData.targetLogicalId ?? requestData.targetName;
  const answer = (outcome: HookOutcome): TemplateHookAnswer => ({ ...toAnswer(outcome), clientRequestToken });
  if (actionInvocationPoint.startsWith("DELETE"))
    return answer({ refused: [], message: `${name} is deleted, so its password was not judged.` });
  const target = { account, region };
  if ("targetModel" in requestData)
    return answer(judgeResource(requestData, { target, file: stackId ?? "Cloud Control API" }, standard));
  const payload = parsePayload(await readPayload(requestData.payload));
  return answer(
    requestData.targetName === "STACK"
      ? judgeStack(stackPayloadSchema.parse(payload), { target, name }, standard)
      : judgeChangeSet(changeSetPayloadSchema.parse(payload), { target, name }, standard),
  );
}

function toAnswer({ refused, isUnknown, message }: HookOutcome): Omit<TemplateHookAnswer, "clientRequestToken"> {
  return refused.length === 0
    ? { hookStatus: "SUCCESS", message }
    : {
        hookStatus: "FAILED",
        errorCode: isUnknown ? "InternalFailure" : "NonCompliant",
        message: refused.join(" "),
      };
}

/** Parses the payload. The error does not quote it, because it can have a password. */
function parsePayload(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("The payload is not JSON.");
  }
}

/** What CloudFormation shows if the hook itself failed. It does not have the error, which can quote the resource. */
export function failToJudge(clientRequestToken: string): TemplateHookAnswer {
  return {
    hookStatus: "FAILED",
    errorCode: "InternalFailure",
    message:
      "rds-password-audit could not judge this change because of an error in the hook, not in the template. Tell the team that runs rds-password-audit: the log of the function templateHook has the error.",
    clientRequestToken,
  };
}
