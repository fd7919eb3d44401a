import { describeGap } from "../audit/rule-context.ts";
import { unreplicateCommand } from "../model/aws-cli.ts";
import { blockManual, type Circumstances, closed, type GateVerdict, open, unknown } from "./gate-verdict.ts";

export function isSecretNotReplicated({ context: { secret }, database }: Circumstances): GateVerdict {
  const what = "whether the secret is replicated to other Regions";
  if (!secret.seen) return unknown(what, secret.why);
  const { value } = secret;
  if (value === null || value.replicaRegions === null)
    return unknown(what, "secretsmanager:DescribeSecret did not return it");
  const regions = value.replicaRegions;
  if (regions.length === 0) return open("the secret is not replicated to other Regions");
  return closed(
    `the secret is replicated to ${regions.join(", ")}, and RDS would silently leave management on: end the replication with ${unreplicateCommand(database, value, regions)}`,
  );
}

export function isNotUsedByProxy({ target, database: { masterUserSecret } }: Circumstances): GateVerdict {
  const what = "whether an RDS Proxy logs in with the secret";
  const gap = target.gaps.find(({ action }) => action === "rds:DescribeDBProxies");
  if (gap !== undefined) return unknown(what, describeGap(gap));
  if (target.proxies === null) return unknown(what, "rds:DescribeDBProxies was not read");
  const users = target.proxies.filter(({ secretArns }) =>
    secretArns.some((arn) => arn === masterUserSecret?.secretArn),
  );
  if (users.length === 0) return open("no RDS Proxy logs in with the secret");
  const names = users.map(({ name }) => name).join(", ");
  return blockManual(
    closed(`RDS Proxy ${names} logs in with the secret, which would be deleted: give the proxy another secret first`),
  );
}
