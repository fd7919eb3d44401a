import type { Context } from "aws-lambda";
import { parseArn } from "../../lib/model/arn.ts";

/** The partition, account and Region that the function runs in. Throws if Lambda gives no function ARN. */
export function scopeOf({ invokedFunctionArn }: Context) {
  const arn = parseArn(invokedFunctionArn);
  if (arn === null) throw new Error(`"${invokedFunctionArn}" is not the ARN of a Lambda function`);
  const { partition, account, region } = arn;
  return { partition, account, region };
}
