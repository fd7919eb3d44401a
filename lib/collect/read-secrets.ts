import type { RegionPort } from "./region-port.ts";
import { addFacts, readEach, type TargetReading } from "./target-reading.ts";

/** Describes single secrets, each once. A description replaces the entry of `ListSecrets`, which is up to five minutes old. */
export async function describeSecrets(
  port: RegionPort,
  reading: TargetReading,
  arns: Iterable<string>,
): Promise<TargetReading> {
  const { target, describedSecrets } = reading;
  const wanted = [...new Set(arns)].filter((arn) => !describedSecrets.has(arn));
  const results = await readEach("secretsmanager:DescribeSecret", wanted, async (arn) => ({
    arn,
    secret: await port.describeSecret(arn),
  }));
  const found = results.items.flatMap(({ secret }) => secret ?? []);
  const missing = results.items.flatMap(({ arn, secret }) => (secret === null ? [arn] : []));
  const known = new Map([...(target.secrets ?? []), ...found].map((secret) => [secret.arn, secret]));
  const facts = {
    secrets: found.length === 0 ? target.secrets : [...known.values()],
    missingSecrets: [...target.missingSecrets, ...missing],
  };
  return { ...addFacts(reading, facts, [results]), describedSecrets: new Set([...describedSecrets, ...wanted]) };
}
