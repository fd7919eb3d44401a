/** A value that CloudFormation computes. */
export type Intrinsic = { readonly [name: `Fn::${string}`]: unknown } | { readonly Ref: string };

export type Statement = {
  readonly Sid: string;
  readonly Effect: "Allow" | "Deny";
  readonly Action: string | readonly string[];
  readonly Resource: string | Intrinsic | readonly (string | Intrinsic)[];
  readonly Condition?: unknown;
};

/** The ARN of a part of the stack. */
export const arnOf = (logicalId: string): Intrinsic => ({ "Fn::GetAtt": [logicalId, "Arn"] });

export const pseudo = (name: string) => `\${AWS::${name}}`;
export const ownAccount = pseudo("AccountId");

/** An ARN of things that are not of the stack; each part can be `*`. */
export function arn(service: string, region: string, account: string, resource: string): Intrinsic {
  return { "Fn::Sub": `arn:${pseudo("Partition")}:${service}:${region}:${account}:${resource}` };
}
