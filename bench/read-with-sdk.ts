import { KMSClient } from "@aws-sdk/client-kms";
import { paginateDescribeDBClusters, paginateDescribeDBInstances, RDSClient } from "@aws-sdk/client-rds";
import { paginateListSecrets, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import pLimit from "p-limit";
import { concurrency } from "../lib/collect/take-inventory.ts";
import type { Fleet, Reading } from "./fleet.ts";

/** Runs the SDK's paginators over the pages that an audit reads. */
export async function readWithSdk(endpoint: string, { accounts, regions }: Fleet): Promise<Reading> {
  const limit = pLimit(concurrency);
  let databases = 0;
  let calls = 0;
  const readAll = async (account: string, region: string) => {
    const credentials = { accessKeyId: account, secretAccessKey: "simulated" };
    const config = { endpoint, region, credentials, retryMode: "adaptive" };
    const rds = new RDSClient(config);
    const secrets = new SecretsManagerClient(config);
    new KMSClient(config);
    await Promise.all([
      drain(paginateDescribeDBInstances({ client: rds }, {}), (page) => (databases += page.DBInstances?.length ?? 0)),
      drain(paginateDescribeDBClusters({ client: rds }, {})),
      drain(
        paginateListSecrets(
          { client: secrets, pageSize: 100 },
          { Filters: [{ Key: "owning-service", Values: ["rds"] }] },
        ),
      ),
    ]);
  };
  const drain = async <Page>(pages: AsyncIterable<Page>, onPage?: (page: Page) => void) => {
    for await (const page of pages) {
      calls += 1;
      onPage?.(page);
    }
  };
  await Promise.all(accounts.flatMap((account) => regions.map((region) => limit(() => readAll(account, region)))));
  return { databases, calls, clean: true };
}
