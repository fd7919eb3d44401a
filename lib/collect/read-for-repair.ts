import type { RegionPort } from "./region-port.ts";
import { addFacts, type ReadRequest, readEach, readPages, type TargetReading } from "./target-reading.ts";

/** Reads the RDS Proxies, and tries the customer managed keys; an AWS managed key can be used only through Secrets Manager. */
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
  return addFacts(reading, { proxies: proxies.items, keyTrials: trials.items }, [proxies, trials]);
}
