/** A value that CloudFormation resolves. */
export type Intrinsic = { readonly [name: `Fn::${string}`]: unknown } | { readonly Ref: string };

/** A statement of an IAM policy. */
export type Statement = {
  readonly Sid: string;
  readonly Effect: "Allow" | "Deny";
  readonly Action: string | readonly string[];
  readonly Resource: string | Intrinsic | readonly (string | Intrinsic)[];
  readonly Condition?: unknown;
};

/** The ARN of a resource of the stack. */
export const arnOf = (logicalId: string): Intrinsic => ({ "Fn::GetAtt": [logicalId, "Arn"] });

/** A pseudo parameter of CloudFormation, for `Fn::Sub`. */
export const pseudo = (name: string) => `\${AWS::${name}}`;
export const ownAccount = pseudo("AccountId");

/** An ARN of resources outside the stack. Each part can be `*`. */
export function arn(service: string, region: string, account: string, resource: string): Intrinsic {
  return { "Fn::Sub": `arn:${pseudo("Partition")}:${service}:${region}:${account}:${resource}` };
}
