/**
 * Measures the promised numbers on the simulator. Each comparison is a ratio of readings that alternate on the same machine. Prints the rows of
 * the README; `--check` fails if a limit is exceeded. Slow parts are optional: `--organization` measures an organization in full size, `--peers`
 * compares with boto3 and Cloud Custodian, and `--growth` measures only how costs grow with the fleet, up to 50,000 databases or `--growth=10000`.
 */
import { defaultRegions } from "../simulator/regions.ts";
import { compareReaders, measureLargeFleet, v8Limits } from "./compare.ts";
import { type Fleet, fewestCalls, type Reading } from "./fleet.ts";
import { measureGrowth } from "./growth.ts";
import { countLedgerBytes } from "./ledger.ts";
import { buildPrograms, type Programs } from "./programs.ts";
import { measurePublishing } from "./publish.ts";
import { measureRendering } from "./report.ts";
import { median, type Row, spread, toTable, without } from "./rows.ts";
import { type Ended, runProcess } from "./run-process.ts";
import { measureStartUp } from "./start-up.ts";
import { withFleet } from "./with-fleet.ts";

const rounds = 5;
const latencyMs = 80;
/** Those for a machine of 512 MiB. Without limits V8 lets garbage grow as long as there is memory. */
const terminalLimits = ["--max-semi-space-size=12", "--max-old-space-size=360"];
const accountIds = Array.from({ length: 20 }, (_, index) => String(111_111_111_111 + index));
const regionNames = ["eu-west-1", "eu-central-1", "us-east-1", "us-west-2", "ap-southeast-1"];
const moreRegions = [...regionNames, "eu-north-1", "us-east-2", "ca-central-1", "sa-east-1", "ap-northeast-1"];

const wide: Fleet = { accounts: accountIds, regions: moreRegions, databases: 20, keys: 1, latencyMs };
const empty: Fleet = { accounts: accountIds.slice(0, 1), regions: moreRegions, databases: 0, keys: 0, latencyMs };

/** 102,000 databases in 8,500 account-Regions, or a tenth of that without `--organization`, which takes some minutes. */
const members: Fleet = {
  accounts: Array.from({ length: process.argv.includes("--organization") ? 500 : 50 }, (_, index) =>
    String(300_000_000_000 + index),
  ),
  ...{ regions: defaultRegions, databases: 12, keys: 1, latencyMs, isOrganization: true },
};

const rows: Row[] = [];
const growth = process.argv.find((argument) => /^--growth(=\d+)?$/.test(argument));
const programs = await buildPrograms();
try {
  if (growth === undefined) await measureRows(programs);
  else await showGrowth(programs, Number(growth.split("=")[1] ?? Number.POSITIVE_INFINITY));
} finally {
  programs.remove();
}

async function showGrowth(programs: Programs, limit: number): Promise<void> {
  const { table, faster } = await measureGrowth(programs, limit);
  console.log(table);
  if (faster.length === 0) return;
  console.log(`\nGrow faster than the fleet:\n${faster.join("\n")}`);
  process.exitCode = 1;
}

async function measureRows(programs: Programs): Promise<void> {
  rows.push(...(await compareReaders(programs, rounds, process.argv.includes("--peers"))));
  rows.push(await measureLargeFleet(programs));
  await measureWide(programs);
  await measureStart();
  await measureService();
  console.log(`Node ${process.version}, medians of ${rounds} alternating readings (least–most)\n`);
  console.log(toTable(rows));
  if (process.argv.includes("--check") && rows.some(({ holds }) => !holds)) process.exitCode = 1;
}

/** Many accounts and Regions, Regions without databases, and an organization. */
async function measureWide(programs: Programs): Promise<void> {
  await withFleet(wide, async ({ endpoint }) => {
    const [audits, bare]: [(Ended & Reading)[], (Ended & Reading)[]] = [[], []];
    for (let round = 0; round < rounds; round += 1) {
      bare.push(await readOnce(programs, "bare", endpoint, wide));
      audits.push(await readOnce(programs, "audit", endpoint, wide));
    }
    const calls = audits[0]?.calls ?? 0;
    add(
      "(d) API calls, 200 account-Regions of 20",
      `${calls} (fewest possible ${fewestCalls(wide)})`,
      "= fewest",
      calls === fewestCalls(wide),
    );
    const [ours, theirs] = [audits, bare].map((ended) => ended.map(({ seconds }) => seconds));
    const ratio = median(ours ?? []) / median(theirs ?? []);
    rows.push(
      without(
        "(d) wall time / bare SDK, lists only",
        `${ratio.toFixed(2)}: ${spread(ours ?? [], "s")} / ${spread(theirs ?? [], "s")}`,
      ),
    );
  });
  await withFleet(empty, async ({ endpoint }) => {
    const { calls } = await readOnce(programs, "audit", endpoint, empty);
    const fewest = fewestCalls(empty);
    add(
      "API calls, 10 Regions without databases",
      `${calls} (fewest possible ${fewest})`,
      "= fewest",
      calls === fewest,
    );
  });
  await withFleet(members, async ({ endpoint }) => {
    const { calls, databases, peakMebibytes, seconds } = await readOnce(programs, "audit", endpoint, members);
    const size = `${members.accounts.length} accounts × ${members.regions.length} Regions, ${databases} databases`;
    const value = `${peakMebibytes.toFixed(0)} MiB, ${seconds.toFixed(0)} s`;
    add(`(e) an organization: ${size}`, value, "≤ 512 MiB", peakMebibytes <= 512);
    const fewest = fewestCalls(members);
    add("(e) API calls", `${calls} (fewest possible ${fewest})`, "= fewest", calls === fewest);
  });
}

async function measureStart(): Promise<void> {
  const { audit, bare, lean } = await measureStartUp();
  for (const [name, other] of [
    ["a bare handler", bare],
    ["a bare handler bundled alike", lean],
  ] as const) {
    const ratio = median(audit.milliseconds) / median(other.milliseconds);
    const cpu = median(audit.cpuMilliseconds) / median(other.cpuMilliseconds);
    add(
      `import of the packaged audit / ${name}`,
      `${ratio.toFixed(2)}: ${spread(audit.milliseconds, "ms")} / ${spread(other.milliseconds, "ms")}; CPU ${cpu.toFixed(2)}`,
      "≤ 1.25",
      ratio <= 1.25,
    );
  }
  const mebibytes = ({ bytes }: { bytes: number }) => `${(bytes / 2 ** 20).toFixed(2)} MiB`;
  const sizes = `${mebibytes(audit)} (bare handler ${mebibytes(bare)}, bundled alike ${mebibytes(lean)})`;
  rows.push(without("loaded by the import of the packaged audit", sizes));
}

async function measureService(): Promise<void> {
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
  for (const [format, name] of [["table", "table"] as const, ["html", "HTML page"] as const]) {
    const { milliseconds, addedMebibytes, bytes } = await measureRendering(format);
    add(
      `${name} of 10,000 findings`,
      `${(milliseconds / 1000).toFixed(2)} s, ${addedMebibytes.toFixed(0)} MiB more, ${(bytes / 2 ** 20).toFixed(2)} MiB long`,
      "≤ 3 s, ≤ 64 MiB, ≤ 0.5 MiB long",
      milliseconds <= 3000 && addedMebibytes <= 64 && bytes <= 2 ** 19,
    );
  }
}

function add(measure: string, value: string, limit: string, holds: boolean): void {
  rows.push({ measure, value, limit, holds });
}

/** Runs read-once.ts on a fleet. Throws unless an audit of the healthy fleet is clean. */
async function readOnce(
  programs: Programs,
  how: "audit" | "bare",
  endpoint: string,
  fleet: Fleet,
): Promise<Ended & Reading> {
  const flags = fleet.isOrganization === true ? terminalLimits : v8Limits;
  const ended = await runProcess([programs.readOnce, how, endpoint, JSON.stringify(fleet)], { flags });
  const reading = JSON.parse(ended.output) as Reading;
  if (!reading.clean) throw new Error("the audit of a healthy fleet is not clean");
  if (reading.databases !== fleet.accounts.length * fleet.regions.length * fleet.databases)
    throw new Error("the audit did not read all databases");
  return { ...ended, ...reading };
}
