import type { ReferencePredicate } from "../model/consumer.ts";

/** Names under which clients reach a database: its own, those of its cluster's members, and those of its proxies. */
export type ReferenceNames = {
  readonly region: string;
  readonly names: readonly string[];
  readonly secretArn: string | null;
};

/** Creates the predicate. A secret is named by its ARN, with or without the random suffix, or by its name. */
export function createReferencePredicate({ region, names, secretArn }: ReferenceNames): ReferencePredicate {
  const hosts = names.map((name) => escapePattern(name)).join("|");
  // In China the name of the service comes before the Region.
  const domain = `(?:${region}\\.rds|rds\\.${region})\\.amazonaws\\.com`;
  const endpoint = new RegExp(`(?<![\\w-])(?:${hosts})\\.[\\w-]+\\.${domain}`, "i");
  const secretName = secretArn === null ? null : toSecretName(secretArn);
  return (text) => (names.length > 0 && endpoint.test(text)) || (secretName !== null && text.includes(secretName));
}

/** The name in the ARN of a secret, without the six random characters that Secrets Manager appends. */
export function toSecretName(arn: string): string {
  return arn.replace(/^.*:secret:/, "").replace(/-[A-Za-z0-9]{6}$/, "");
}

function escapePattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
