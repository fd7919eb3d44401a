import type { MiddlewareObj } from "@middy/core";
import { failToJudge } from "../../lib/prevent/hook/judge-event.ts";
import { measure } from "./telemetry.ts";

/** Answers the error of a template hook, so that CloudFormation says what happened, and measures it for the alarm. */
export const answerErrors: MiddlewareObj = {
  onError(request) {
    measure({ name: "TemplateHookFailures", unit: "Count", value: 1 });
    const { clientRequestToken } = (request.event ?? {}) as { clientRequestToken?: unknown };
    request.response = failToJudge(String(clientRequestToken));
  },
};
