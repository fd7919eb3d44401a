import type { RegionPort } from "./region-port.ts";
import { addFacts, type ReadRequest, readEach, readPages, type TargetReading } from "./target-reading.ts";

/** Reads the RDS Proxies, with their targets if a database can be enabled, and tries the customer managed keys; an AWS managed key can be used only through Secrets Manager. */
export async function readForRepair(
  port: RegionPort,
  reading: TargetReading,
  { forRepair }: ReadRequest,
): Promise<TargetReading> {
  const { databases, keys } = reading.target;
  if (!forRepair || databases.length === 0) return reading;
  const keyArns = new Set(keys.flatMap(({ key }) => (key?.manager === "CUSTOMER" ? key.arn : [])));
  const [proxies, trials] = await Promise.all([
    readPages("rds:DescribeDBProxies", port.describeDBProxies()),
    readEach("kms:GenerateDataKey", keyArns, async (keyArn) => ({ keyArn, refusal: await port.tryKey(keyArn) })),
  ]);
  const canEnable = databases.some(
    ({ masterUserSecret, clusterIdentifier }) => masterUserSecret === null && clusterIdentifier === null,
  );
  const names = canEnable
    ? proxies.items.filter(({ secretArns }) => secretArns.length > 0).map(({ name }) => name)
    : [];
  const targets = await readEach("rds:DescribeDBProxyTargets", names, async (name) => {
    const found: string[] = [];
    for await (const page of port.describeDBProxyTargets(name)) found.push(...page);
    return [name, found] as const;
  });
  const targetsOf = new Map(targets.items);
  const withTargets = proxies.items.map((proxy) => {
    const read = targetsOf.get(proxy.name);
    return read === undefined ? proxy : { ...proxy, targets: read };
  });
  return addFacts(reading, { proxies: withTargets, keyTrials: trials.items }, [proxies, trials, targets]);
}
