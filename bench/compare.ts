/** Compares the audit with other ways to read the same 10,000 databases: whole processes, in turn. */
import { type Fleet, fewestCalls } from "./fleet.ts";
import type { Programs } from "./programs.ts";
import { median, type Row, spread, without } from "./rows.ts";
import { type Ended, runProcess } from "./run-process.ts";
import { withFleet } from "./with-fleet.ts";

/** The limits that Lambda sets for a function of 256 MB. */
export const v8Limits = ["--max-semi-space-size=12", "--max-old-space-size=230"];

const fleet: Omit<Fleet, "latencyMs"> = {
  accounts: ["111111111111"],
  regions: ["eu-west-1"],
  databases: 10_000,
  keys: 5,
};
const calls = fewestCalls({ ...fleet, latencyMs: 0 });

type ReaderName = "audit" | "bare" | "raw" | "boto3" | "custodian";
const names: Readonly<Record<ReaderName, string>> = {
  audit: "the audit",
  bare: "bare SDK",
  raw: "raw HTTP",
  boto3: "boto3",
  custodian: "Cloud Custodian",
};

/** Measures at 80 ms a call, and on a local network. `peers` are also measured if they are on this machine. */
export async function compareReaders(programs: Programs, rounds: number, withPeers: boolean): Promise<Row[]> {
  const peers = withPeers ? (["boto3", "custodian"] as const) : [];
  const found: ReaderName[] = [];
  const missing: Row[] = [];
  for (const peer of peers) {
    const module = peer === "custodian" ? "c7n" : peer;
    const isThere = await runProcess(["-c", `import ${module}, os; os.write(3, b'{}')`], { program: "python3" }).then(
      () => true,
      () => false,
    );
    if (isThere) found.push(peer);
    else missing.push(without(names[peer], `not on this machine: pip install ${module}`));
  }
  const rows: Row[] = [];
  for (const [latencyMs, limits] of [
    [80, { wall: 1.05, cpu: 0.5 }],
    [0, { wall: 0.6, cpu: 0.5 }],
  ] as const)
    rows.push(...(await compareAt(latencyMs, limits, { programs, rounds, others: ["raw", ...found] })));
  return [...rows, ...missing];
}

async function compareAt(
  latencyMs: number,
  limits: { wall: number; cpu: number },
  { programs, rounds, others }: { programs: Programs; rounds: number; others: readonly ReaderName[] },
): Promise<Row[]> {
  return withFleet({ ...fleet, latencyMs }, async ({ env, endpoint, ask }) => {
    const readers: readonly ReaderName[] = ["bare", "audit", ...others];
    const ended: Record<ReaderName, Ended[]> = { audit: [], bare: [], raw: [], boto3: [], custodian: [] };
    const argsOf = (reader: ReaderName) =>
      reader === "audit"
        ? [programs.cli, "audit", "--region", "eu-west-1", "--format", "json"]
        : [programs.readOnce, reader, endpoint, JSON.stringify({ ...fleet, latencyMs })];
    const seen = new Set<number>();
    for (let round = 0; round < rounds; round += 1)
      for (const reader of readers) {
        const isPeer = reader === "boto3" || reader === "custodian";
        ended[reader].push(
          await (isPeer
            ? runProcess([new URL("peers.py", import.meta.url).pathname, reader], { program: "python3", env })
            : runProcess(argsOf(reader), { env, flags: v8Limits })),
        );
        const { calls } = await ask({ counts: true });
        if (reader === "audit") seen.add(calls);
      }
    for (const reader of readers) checkDatabases(ended[reader], reader);
    const where = latencyMs === 0 ? "on a local network" : `at ${latencyMs} ms a call`;
    const ratio = (field: "seconds" | "cpuSeconds", reader: ReaderName = "bare") =>
      median(ended.audit.map((one) => one[field])) / median(ended[reader].map((one) => one[field]));
    const both = (field: "seconds" | "cpuSeconds", reader: ReaderName = "bare") =>
      `${ratio(field, reader).toFixed(2)}: ${spread(
        ended.audit.map((one) => one[field]),
        "s",
      )} / ${spread(
        ended[reader].map((one) => one[field]),
        "s",
      )}`;
    const peak = Math.max(...ended.audit.map(({ peakMebibytes }) => peakMebibytes));
    const base = Math.max(...ended.bare.map(({ peakMebibytes }) => peakMebibytes));
    return [
      ...(latencyMs === 0
        ? []
        : [
            {
              measure: "(a) API calls, 10,000 databases, 5 keys",
              value: `${[...seen].join(", ")} (fewest possible ${calls})`,
              limit: "= fewest",
              holds: seen.size === 1 && seen.has(calls),
            },
          ]),
      {
        measure: `(b) wall time / bare SDK, ${where}`,
        value: both("seconds"),
        limit: `≤ ${limits.wall}`,
        holds: ratio("seconds") <= limits.wall,
      },
      {
        measure: `(b) CPU time / bare SDK, ${where}`,
        value: both("cpuSeconds"),
        limit: `≤ ${limits.cpu}`,
        holds: ratio("cpuSeconds") <= limits.cpu,
      },
      ...others.map((reader) =>
        without(
          `(b) wall and CPU time / ${names[reader]}, ${where}`,
          `${both("seconds", reader)}; CPU ${both("cpuSeconds", reader)}`,
        ),
      ),
      ...(latencyMs === 0
        ? [
            {
              measure: "(c) peak memory, 10,000 databases",
              value: `${peak.toFixed(0)} MiB (bare SDK ${base.toFixed(0)} MiB)`,
              limit: "≤ 192 MiB",
              holds: peak <= 192,
            },
          ]
        : []),
    ];
  });
}

/** A reading that misses databases compares nothing. Cloud Custodian does not say how many it read. */
function checkDatabases(ended: readonly Ended[], reader: ReaderName): void {
  for (const { output } of ended)
    if (
      reader !== "custodian" &&
      Number(/"databases": ?(\d+)/.exec(output.replace(/"targets": \[[^\]]*\]/, ""))?.[1]) !== fleet.databases
    )
      throw new Error(`${names[reader]} did not read all databases`);
}

/** The peak memory of an audit of 50,000 databases. */
export async function measureLargeFleet(programs: Programs): Promise<Row> {
  const large = { ...fleet, databases: 50_000, latencyMs: 0 };
  return withFleet(large, async ({ env }) => {
    const args = [programs.cli, "audit", "--region", "eu-west-1", "--format", "json"];
    const { peakMebibytes, seconds, cpuSeconds } = await runProcess(args, { env, flags: v8Limits });
    return {
      measure: "(c) peak memory, 50,000 databases",
      value: `${peakMebibytes.toFixed(0)} MiB, ${seconds.toFixed(1)} s, CPU ${cpuSeconds.toFixed(1)} s`,
      limit: "≤ 256 MiB",
      holds: peakMebibytes <= 256,
    };
  });
}
