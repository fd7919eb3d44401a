import { Agent, request } from "node:http";
import type { Fleet, Reading } from "./fleet.ts";

const agent = new Agent({ keepAlive: true });

/** Gets the pages with plain requests, and counts the databases without parsing the pages: the least that reading them can cost. */
export async function readWithHttp(endpoint: string, { accounts, regions }: Fleet): Promise<Reading> {
  let databases = 0;
  let calls = 0;
  const readAll = async (account: string, region: string) => {
    const send = (service: string, body: string, headers: Record<string, string>) => {
      calls += 1;
      const authorization = `AWS4-HMAC-SHA256 Credential=${account}/20261124/${region}/${service}/aws4_request, SignedHeaders=host, Signature=0`;
      return post(endpoint, body, { ...headers, authorization });
    };
    const list = async (action: string, element: string) => {
      for (let marker: string | undefined = ""; marker !== undefined; ) {
        const body: string = toQuery(action, marker);
        const xml: string = await send("rds", body, { "content-type": "application/x-www-form-urlencoded" });
        databases += xml.split(`<${element}>`).length - 1;
        marker = /<Marker>([^<]+)<\/Marker>/.exec(xml)?.[1];
      }
    };
    const listSecrets = async () => {
      const filters = [{ Key: "owning-service", Values: ["rds"] }];
      for (let token: string | undefined = ""; token !== undefined; ) {
        const body: string = JSON.stringify({ MaxResults: 100, Filters: filters, ...(token && { NextToken: token }) });
        const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": "secretsmanager.ListSecrets" };
        token = /"NextToken":"([^"]+)"/.exec(await send("secretsmanager", body, headers))?.[1];
      }
    };
    await Promise.all([
      list("DescribeDBInstances", "DBInstance"),
      list("DescribeDBClusters", "DBCluster"),
      listSecrets(),
    ]);
  };
  await Promise.all(accounts.flatMap((account) => regions.map((region) => readAll(account, region))));
  agent.destroy();
  return { databases, calls, clean: true };
}

function toQuery(action: string, marker: string): string {
  return String(new URLSearchParams({ Action: action, Version: "2014-10-31", ...(marker && { Marker: marker }) }));
}

function post(endpoint: string, body: string, headers: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(endpoint, { method: "POST", agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve(Buffer.concat(chunks).toString()));
      response.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
