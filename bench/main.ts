/**
 * Measures the promised numbers on the simulator with a latency of 80 ms. Each comparison is a ratio of two readings that alternate on
 * the same machine. `npm run bench -- --check` fails if a limit is exceeded; `--organization` measures an organization in full size.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import { defaultRegions } from "../simulator/regions.ts";
import { type Fleet, fewestCalls } from "./fleet.ts";
import { countLedgerBytes } from "./ledger.ts";
import { measurePublishing } from "./publish.ts";
import type { Reading } from "./read-once.ts";
import { measureStartUp } from "./start-up.ts";

const run = promisify(execFile);
const rounds = 3;
const latencyMs = 80;
/** The limits that Lambda sets for a function of 256 MB. */
const v8Limits = ["--max-semi-space-size=12", "--max-old-space-size=230"];
/** Those for a machine of 512 MiB. Without limits V8 lets garbage grow as long as there is memory. */
const terminalLimits = ["--max-semi-space-size=12", "--max-old-space-size=360"];
const accountIds = Array.from({ length: 20 }, (_, index) => String(111_111_111_111 + index));
const regionNames = ["eu-west-1", "eu-central-1", "us-east-1", "us-west-2", "ap-southeast-1"];
const moreRegions = [...regionNames, "eu-north-1", "us-east-2", "ca-central-1", "sa-east-1", "ap-northeast-1"];

const one: Fleet = { accounts: accountIds.slice(0, 1), regions: ["eu-west-1"], databases: 10_000, keys: 5, latencyMs };
const wide: Fleet = { accounts: accountIds, regions: moreRegions, databases: 20, keys: 1, latencyMs };
const empty: Fleet = { accounts: accountIds.slice(0, 1), regions: moreRegions, databases: 0, keys: 0, latencyMs };

/** 102,000 databases in 8,500 account-Regions, or a tenth of that without `--organization`, which takes some minutes. */
const members: Fleet = {
  accounts: Array.from({ length: process.argv.includes("--organization") ? 500 : 50 }, (_, index) =>
    String(300_000_000_000 + index),
  ),
  ...{ regions: defaultRegions, databases: 12, keys: 1, latencyMs, isOrganization: true },
};

type Row = { readonly measure: string; readonly value: string; readonly limit: string; readonly holds: boolean };
const rows: Row[] = [];

await withFleet(one, async (read) => {
  const { audit, bare } = await compare(read);
  const [calls, fewest] = [audit[0]?.calls ?? 0, fewestCalls(one)];
  add(
    "(a) API calls, 10,000 databases, 5 keys",
    `${calls} (fewest possible ${fewest})`,
    `≤ ${100 + 100 + 3 + one.keys}`,
    calls <= 203 + one.keys,
  );
  const ratio = median(audit, "milliseconds") / median(bare, "milliseconds");
  add(
    "(b) wall time / bare SDK, same pages",
    `${ratio.toFixed(2)} (${seconds(audit)} / ${seconds(bare)})`,
    "≤ 1.15",
    ratio <= 1.15,
  );
  const peak = Math.max(...audit.map(({ peakMebibytes }) => peakMebibytes));
  const bases = Math.max(...bare.map(({ peakMebibytes }) => peakMebibytes));
  add(
    "(c) peak memory, 10,000 databases",
    `${peak.toFixed(0)} MiB (bare SDK ${bases.toFixed(0)} MiB)`,
    "≤ 256 MiB",
    peak <= 256,
  );
});
await withFleet(wide, async (read) => {
  const { audit, bare } = await compare(read);
  const [calls, fewest] = [audit[0]?.calls ?? 0, fewestCalls(wide)];
  const ratio = median(audit, "milliseconds") / median(bare, "milliseconds");
  add("(d) API calls, 200 account-Regions of 20", `${calls} (fewest possible ${fewest})`, "= fewest", calls === fewest);
  add(
    "(d) wall time / bare SDK, lists only",
    `${ratio.toFixed(2)} (${seconds(audit)} / ${seconds(bare)})`,
    "none",
    true,
  );
});
await withFleet(empty, async (read) => {
  const { calls } = await read("audit");
  add(
    "API calls, 10 Regions without databases",
    `${calls} (fewest possible ${fewestCalls(empty)})`,
    "= fewest",
    calls === fewestCalls(empty),
  );
});

await withFleet(members, async (read) => {
  const { calls, databases, peakMebibytes, milliseconds } = await read("audit");
  const size = `${members.accounts.length} accounts × ${members.regions.length} Regions, ${databases} databases`;
  add(
    `(e) an organization: ${size}`,
    `${peakMebibytes.toFixed(0)} MiB, ${(milliseconds / 1000).toFixed(0)} s`,
    "≤ 512 MiB",
    peakMebibytes <= 512,
  );
  add(
    "(e) API calls",
    `${calls} (fewest possible ${fewestCalls(members)})`,
    "= fewest",
    calls === fewestCalls(members),
  );
});

const start = await measureStartUp();
for (const [bundled, limit] of [
  ["bare", 1.25],
  ["lean", 1.25],
] as const) {
  const ratio = middle(start.audit.milliseconds) / middle(start[bundled].milliseconds);
  const cpu = middle(start.audit.cpuMilliseconds) / middle(start[bundled].cpuMilliseconds);
  const took = `${middle(start.audit.milliseconds).toFixed(0)} ms / ${middle(start[bundled].milliseconds).toFixed(0)} ms`;
  add(
    `import of the packaged audit / ${bundled} handler`,
    `${ratio.toFixed(2)} (${took}), CPU ${cpu.toFixed(2)}`,
    `≤ ${limit}`,
    ratio <= limit,
  );
}

const { delivery, denied } = await measurePublishing();
add(
  "deliver 10,000 findings, 40 s per invocation",
  `${delivery.invocations} invocations, ${delivery.seconds.toFixed(0)} s, ${delivery.peakMebibytes.toFixed(0)} MiB; ${delivery.delivered} delivered, each at most ${delivery.mostOften} times`,
  "all, each ≤ 2 times, ≤ 8 invocations, ≤ 1,024 MiB",
  delivery.delivered === 10_000 &&
    delivery.mostOften <= 2 &&
    delivery.invocations <= 8 &&
    delivery.peakMebibytes <= 1024,
);
add(
  "10,000 databases whose secrets cannot be listed",
  `${denied.seconds.toFixed(0)} s, ${denied.peakMebibytes.toFixed(0)} MiB, ledger ${denied.ledgerKibibytes.toFixed(0)} KiB`,
  "≤ 1,024 MiB, ledger ≤ 64 KiB",
  denied.peakMebibytes <= 1024 && denied.ledgerKibibytes <= 64,
);

const [small, large] = [await countLedgerBytes(10_000), await countLedgerBytes(100_000)];
add(
  "bytes written to ledgers a run, 100,000 databases / 10,000",
  `${(large / small).toFixed(2)} (${(large / 2 ** 20).toFixed(0)} MiB / ${(small / 2 ** 20).toFixed(0)} MiB)`,
  "≤ 10",
  large <= 10 * small,
);

console.log(`Node ${process.version}, ${latencyMs} ms per call, median of ${rounds} alternating readings
`);
console.log(table(rows));
if (process.argv.includes("--check") && rows.some(({ holds }) => !holds)) process.exitCode = 1;

function add(measure: string, value: string, limit: string, holds: boolean): void {
  rows.push({ measure, value, limit, holds });
}

function median(readings: readonly Reading[], field: "milliseconds"): number {
  const values = readings.map((reading) => reading[field]).sort((a, b) => a - b);
  return values[Math.floor(values.length / 2)] ?? Number.NaN;
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function seconds(readings: readonly Reading[]): string {
  return `${(median(readings, "milliseconds") / 1000).toFixed(1)} s`;
}

function table(rows: readonly Row[]): string {
  const cells = [
    ["measure", "measured", "limit", "holds"],
    ["---", "---", "---", "---"],
  ];
  for (const { measure, value, limit, holds } of rows) cells.push([measure, value, limit, holds ? "yes" : "NO"]);
  return cells.map((row) => `| ${row.join(" | ")} |`).join("\n");
}

/** Alternates audit and bare SDK, so that other load affects both. */
async function compare(read: (how: "audit" | "bare") => Promise<Reading>) {
  const audit: Reading[] = [];
  const bare: Reading[] = [];
  for (let round = 0; round < rounds; round += 1) {
    bare.push(await read("bare"));
    audit.push(await read("audit"));
  }
  if (audit.some(({ clean }) => !clean)) throw new Error("the audit of a healthy fleet is not clean");
  if (audit.some(({ databases }, round) => databases !== bare[round]?.databases))
    throw new Error("the audit did not read all databases");
  return { audit, bare };
}

async function withFleet(
  fleet: Fleet,
  measure: (read: (how: "audit" | "bare") => Promise<Reading>) => Promise<void>,
): Promise<void> {
  const text = JSON.stringify(fleet);
  const server: ChildProcess = spawn(process.execPath, [here("serve-fleet.ts"), text], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    if (server.stdout === null) throw new Error("the simulator has no output");
    const [endpoint] = (await once(server.stdout, "data")) as [Buffer];
    await measure(async (how) => {
      const args = [
        ...(fleet.isOrganization === true ? terminalLimits : v8Limits),
        here("read-once.ts"),
        how,
        endpoint.toString().trim(),
        text,
      ];
      const { stdout } = await run(process.execPath, args);
      return JSON.parse(stdout) as Reading;
    });
  } finally {
    server.kill("SIGTERM");
    await once(server, "exit");
  }
}

function here(file: string): string {
  return new URL(file, import.meta.url).pathname;
}
