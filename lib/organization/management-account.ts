import { parseArn } from "../model/arn.ts";
import type { OrganizationPolicy } from "../model/policy.ts";

type RoleOfManagementAccount = {
  readonly organization: { readonly id: string; readonly managementAccount: string };
  /** The ARN of the caller, as AWS STS returns it. */
  readonly caller: string;
  readonly policy: OrganizationPolicy;
};

/** Says, for the management account, how to create the member role there, because a service-managed StackSet leaves that account out. */
export function adviseOnManagementAccount({ organization, caller, policy }: RoleOfManagementAccount) {
  const parameters = [
    `OrganizationId=${organization.id}`,
    `AuditorArns=${toPrincipal(caller)}`,
    `ExternalId=${policy.externalId ?? "EXTERNAL-ID"}`,
    `RoleName=${policy.roleName.split("/").at(-1)}`,
  ];
  const command = `aws cloudformation deploy --stack-name rds-password-audit-member --template-file member-role.yaml --capabilities CAPABILITY_NAMED_IAM --parameter-overrides ${parameters.join(" ")}`;
  return (account: string): string =>
    account === organization.managementAccount
      ? `This is the management account, which a service-managed StackSet leaves out: create the role with its own credentials: ${command}`
      : "";
}

/** The IAM role of a session, or the ARN itself. The session's ARN lacks the role's path. */
function toPrincipal(caller: string): string {
  const { partition, account, resource = "" } = parseArn(caller) ?? {};
  const [type, role] = resource.split("/");
  return type === "assumed-role" ? `arn:${partition}:iam::${account}:role/${role}` : caller;
}
