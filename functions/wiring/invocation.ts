import type { Context } from "aws-lambda";

/** The partition in which the function runs. */
export function partitionOf({ invokedFunctionArn }: Context): string {
  return invokedFunctionArn.split(":")[1] ?? "aws";
}

/** The account in which the function runs. */
export function accountOf({ invokedFunctionArn }: Context): string {
  return invokedFunctionArn.split(":")[4] ?? "";
}

/** The Region in which the function runs. */
export function regionOf({ invokedFunctionArn }: Context): string {
  return invokedFunctionArn.split(":")[3] ?? "";
}
