/**
 * Measures the packaged audit function where publishing is hardest: 10,000 new findings for a slow topic within a short time limit, and 10,000
 * databases whose secrets cannot be listed. The function runs in its own process, with the limits that Lambda sets for its memory.
 */
import { rmSync } from "node:fs";
import { createCloud } from "../simulator/cloud.ts";
import { startSimulator } from "../simulator/server.ts";
import type { Cloud, Region } from "../simulator/state.ts";
import { readPackaged } from "../tests/deployment/packaged.ts";
import { type Invocation, type UnpackedFunction, unpackFunction } from "../tests/support/invoke-packaged.ts";

const account = "111111111111";
const region = "eu-west-1";
const bucket = "reports";
const databases = 10_000;
const latencyMs = 80;
/** The limits that Lambda sets for a function of 1,024 MB. */
const v8Limits = "--max-semi-space-size=51 --max-old-space-size=922";
/** The function's own limit is 900 seconds. */
const shortSeconds = 40;
const maxInvocations = 12;

/** How 10,000 findings were delivered. */
export type SlowDelivery = {
  readonly invocations: number;
  readonly seconds: number;
  readonly peakMebibytes: number;
  readonly delivered: number;
  /** How often the change was delivered that was delivered most often. */
  readonly mostOften: number;
};

/** What an audit takes that can list no secrets, with an empty ledger and with its own. */
export type Denied = { readonly seconds: number; readonly peakMebibytes: number; readonly ledgerKibibytes: number };

/** Packages the service and measures both. */
export async function measurePublishing(): Promise<{ readonly delivery: SlowDelivery; readonly denied: Denied }> {
  const packaged = await readPackaged();
  const audit = unpackFunction(packaged, "audit");
  try {
    return { delivery: await deliver(audit), denied: await audits(audit) };
  } finally {
    audit.stop();
    for (const folder of [packaged.folder, audit.folder]) rmSync(folder, { recursive: true, force: true });
  }
}

async function deliver(audit: UnpackedFunction): Promise<SlowDelivery> {
  return withFleet(false, async ({ here, invoke }) => {
    const times = new Map<string, number>();
    let peakBytes = 0;
    let invocations = 0;
    const startedAt = performance.now();
    while (times.size < databases && invocations < maxInvocations) {
      invocations += 1;
      const ended = await invoke(audit, `run-${invocations}`, shortSeconds);
      peakBytes = Math.max(peakBytes, ended.peakBytes ?? 0);
      const messages = here.topics.get(arnOf("findings"))?.messages.splice(0) ?? [];
      for (const { Message } of messages) {
        const { finding } = JSON.parse(Message) as { finding?: { id: string } };
        if (finding !== undefined) times.set(finding.id, (times.get(finding.id) ?? 0) + 1);
      }
    }
    return {
      invocations,
      seconds: (performance.now() - startedAt) / 1000,
      peakMebibytes: peakBytes / 2 ** 20,
      delivered: times.size,
      mostOften: Math.max(...times.values()),
    };
  });
}

async function audits(audit: UnpackedFunction): Promise<Denied> {
  return withFleet(true, async ({ cloud, here, invoke }) => {
    cloud.fault({ action: "secretsmanager:ListSecrets", kind: "deny" });
    const startedAt = performance.now();
    let peakBytes = 0;
    for (const id of ["one", "two"]) {
      const { error, peakBytes: bytes = 0 } = await invoke(audit, id, 900);
      if (error !== null) throw new Error(`the audit failed: ${error}`);
      peakBytes = Math.max(peakBytes, bytes);
    }
    const ledger = here.buckets.get(bucket)?.objects.get(`ledgers/account=${account}.json`);
    return {
      seconds: (performance.now() - startedAt) / 2000,
      peakMebibytes: peakBytes / 2 ** 20,
      ledgerKibibytes: String(ledger?.body).length / 1024,
    };
  });
}

type Work = {
  readonly cloud: Cloud;
  readonly here: Region;
  readonly invoke: (audit: UnpackedFunction, id: string, timeoutSeconds: number) => Promise<Invocation>;
};

/** Serves one Region with the service's bucket and topics, and with databases that are managed or not. */
async function withFleet<T>(managed: boolean, work: (parts: Work) => Promise<T>): Promise<T> {
  const cloud = createCloud({ now: new Date() });
  const here = cloud.region(account, region);
  here.addBucket(bucket);
  for (const topic of ["findings", "alerts"]) here.addTopic(topic);
  for (let index = 0; index < databases; index += 1) here.addInstance({ identifier: `database-${index}`, managed });
  const simulator = await startSimulator(cloud, { latencyMs });
  const references = {
    "AWS::Region": region,
    ReportBucket: bucket,
    FindingsTopic: arnOf("findings"),
    AlertsTopic: arnOf("alerts"),
  };
  const env = { AWS_ENDPOINT_URL: simulator.endpoint, AWS_ACCESS_KEY_ID: account, NODE_OPTIONS: v8Limits };
  try {
    const invoke: Work["invoke"] = (audit, id, timeoutSeconds) =>
      audit.invoke({ id }, { references, env, timeoutSeconds });
    return await work({ cloud, here, invoke });
  } finally {
    await simulator.close();
  }
}

function arnOf(topic: string): string {
  return `arn:aws:sns:${region}:${account}:${topic}`;
}
