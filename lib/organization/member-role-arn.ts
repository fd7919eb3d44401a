import type { OrganizationPolicy } from "../model/policy.ts";

/** The ARN of the role that an audit assumes in an account of an organization. */
export function memberRoleArn(
  account: string,
  partition: string,
  { roleName }: Pick<OrganizationPolicy, "roleName">,
): string {
  return `arn:${partition}:iam::${account}:role/${roleName}`;
}
