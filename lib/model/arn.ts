/** The parts of an Amazon Resource Name. Region and account are empty for a global resource, as in IAM and S3. */
export type Arn = {
  readonly partition: string;
  readonly service: string;
  readonly region: string;
  readonly account: string;
  /** Everything after the account, colons included, as in `db:orders` or `function:NAME:VERSION`. */
  readonly resource: string;
};

/** The parts of an ARN; null if the text is not an ARN. */
export function parseArn(text: string): Arn | null {
  const [prefix, partition, service, region, account, ...resource] = text.split(":");
  if (prefix !== "arn" || !partition || !service || region === undefined || account === undefined) return null;
  return resource.length === 0 ? null : { partition, service, region, account, resource: resource.join(":") };
}

/** The ARN of these parts. */
export function makeArn({ partition, service, region, account, resource }: Arn): string {
  return `arn:${partition}:${service}:${region}:${account}:${resource}`;
}

/** The name at the end of an ARN, as in `orders` for `…:db:orders`; a text without a colon is a name already. */
export function toResourceName(arnOrName: string): string {
  return arnOrName.slice(arnOrName.lastIndexOf(":") + 1);
}
