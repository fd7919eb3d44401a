import { DescribeDBClustersCommand } from "@aws-sdk/client-rds";
import { expect, test } from "@jest/globals";
import { createCloud } from "../../simulator/cloud.ts";
import { startSimulator } from "../../simulator/server.ts";
import { account, startAws } from "./aws.ts";

const throwAway = "Throw-Away_Passw0rd.of-30-char";

const signed = (service: string, headers: Record<string, string> = {}): Record<string, string> => ({
  authorization: `AWS4-HMAC-SHA256 Credential=${account}/20261124/eu-west-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
  ...headers,
});

test("no response and no part of the cloud contains a password", async () => {
  const aws = await startAws();
  aws.region.addInstance({ identifier: "orders", managed: true });
  const ask = async (form: Record<string, string>): Promise<string> => {
    const body = new URLSearchParams({ Version: "2014-10-31", ...form });
    const answer = await fetch(aws.simulator.endpoint, { method: "POST", headers: signed("rds"), body });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe("text/xml");
    expect(answer.headers.get("x-amzn-requestid")).toMatch(/^[0-9a-f-]{36}$/);
    return answer.text();
  };
  const create = {
    Action: "CreateDBInstance",
    Engine: "mysql",
    DBInstanceClass: "db.t4g.micro",
    MasterUsername: "app",
  };
  const answers = [
    await ask({
      Action: "ModifyDBInstance",
      DBInstanceIdentifier: "orders",
      ManageMasterUserPassword: "false",
      MasterUserPassword: throwAway,
    }),
    await ask({ ...create, DBInstanceIdentifier: "new", MasterUserPassword: throwAway }),
    await ask({ Action: "DescribeDBInstances" }),
  ];
  expect(answers.join("")).toContain("<MasterUserPassword>****</MasterUserPassword>");
  expect(answers.join("")).not.toContain(throwAway);
  const seen = new Set<unknown>();
  const texts: string[] = [];
  const walk = (value: unknown): void => {
    if (typeof value === "string") texts.push(value);
    if (typeof value !== "object" || value === null || seen.has(value)) return;
    seen.add(value);
    const parts = value instanceof Map ? [...value.keys(), ...value.values()] : Object.values(value);
    for (const part of parts) walk(part);
  };
  walk([aws.cloud, aws.simulator]);
  expect(texts.length).toBeGreaterThan(50);
  expect(texts.filter((text) => text.includes(throwAway))).toEqual([]);
  await aws.stop();
});

test("delays each response, concurrent ones in parallel", async () => {
  const latencyMs = 200;
  const aws = await startAws({ latencyMs });
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: 100 }, () => aws.rds.send(new DescribeDBClustersCommand({}))));
  const took = performance.now() - startedAt;
  expect(took).toBeGreaterThanOrEqual(0.95 * latencyMs);
  // One after another, they would take 100 times the latency; the bound leaves room for a busy machine.
  expect(took).toBeLessThan(50 * latencyMs);
  await aws.stop();
});

test("each call moves the clock by secondsPerCall", async () => {
  const aws = await startAws({ secondsPerCall: 30 });
  for (let call = 0; call < 3; call += 1) await aws.rds.send(new DescribeDBClustersCommand({}));
  expect(aws.cloud.now()).toEqual(new Date("2026-11-24T09:01:30Z"));
  await aws.stop();
});

test("pace moves virtual time with real time", async () => {
  const aws = await startAws({ pace: 3600 });
  const startedAt = aws.cloud.now().getTime();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(aws.cloud.now().getTime()).toBe(startedAt);
  await aws.rds.send(new DescribeDBClustersCommand({}));
  expect(aws.cloud.now().getTime() - startedAt).toBeGreaterThanOrEqual(45 * 3600);
  await aws.stop();
});

test("listens on localhost only", async () => {
  const simulator = await startSimulator(createCloud({ now: new Date() }));
  expect(simulator.endpoint).toBe(`http://127.0.0.1:${simulator.port}`);
  await simulator.close();
});

test("builds 10,000 managed databases in 3 CPU seconds, deterministically", () => {
  const build = (count: number) => {
    const region = createCloud({ now: new Date("2026-11-24T09:00:00Z") }).region(account, "eu-west-1");
    for (let index = 0; index < count; index += 1) region.addInstance({ identifier: `db-${index}`, managed: true });
    return region;
  };
  const before = process.cpuUsage();
  const region = build(10_000);
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1e6).toBeLessThan(3);
  expect(region.secrets.size).toBe(10_000);
  expect([...build(50).secrets.keys()]).toEqual([...region.secrets.keys()].slice(0, 50));
});
