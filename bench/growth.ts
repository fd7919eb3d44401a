/**
 * Measures what each step costs at 1,000, 10,000 and 50,000 databases, healthy and without any managed password. A step that costs more for each
 * further database at the last size than up to the one before, beyond a tolerance, grows faster than the fleet.
 */
import { rmSync } from "node:fs";
import { formats } from "../lib/report/formats.ts";
import { readPackaged } from "../tests/deployment/packaged.ts";
import { unpackFunction } from "../tests/support/invoke-packaged.ts";
import type { Fleet } from "./fleet.ts";
import type { Programs } from "./programs.ts";
import { toMarkdown } from "./rows.ts";
import { runProcess } from "./run-process.ts";
import { type ServedFleet, withFleet } from "./with-fleet.ts";

const account = "111111111111";
const region = "eu-west-1";
const sizes = [1000, 10_000, 50_000];

/** A database that is added may cost so many times as much in a large fleet as in a small one. CPU time varies on a busy machine; counts do not. */
const tolerance = { cpuSeconds: 1.5, peakMebibytes: 1.5, calls: 1.05, bytes: 1.1 };
type Cost = keyof typeof tolerance;
const costs = Object.keys(tolerance) as Cost[];

type Measured = Readonly<Record<Cost | "seconds", number>>;

/** Limits of V8 for a function of 1,024 MB, which is what the template gives the audit; 50,000 unmanaged databases have as many findings. */
const v8Limits = ["--max-semi-space-size=51", "--max-old-space-size=922"];

/** Measures all steps and returns the table, and those that grow faster than the fleet. Sizes above `limit` are left out. */
export async function measureGrowth(programs: Programs, limit: number): Promise<{ table: string; faster: string[] }> {
  const measured = new Map<string, Map<number, Measured>>();
  const note = (step: string, size: number, cost: Measured): void => {
    measured.set(step, (measured.get(step) ?? new Map()).set(size, cost));
    console.error(`${step}, ${size} databases: ${describe(cost, size).join(", ")}`);
  };
  const packaged = await readPackaged();
  try {
    for (const size of sizes.filter((one) => one <= limit))
      for (const isUnmanaged of [false, true]) {
        const fleet: Fleet = {
          accounts: [account],
          regions: [region],
          databases: size,
          keys: 5,
          latencyMs: 0,
          isUnmanaged,
        };
        const suffix = isUnmanaged ? "all unmanaged" : "healthy";
        await withFleet(fleet, async (served) => {
          for (const format of Object.keys(formats))
            note(
              `audit --format ${format}, ${suffix}`,
              size,
              await runCli(programs, served, ["audit", "--format", format], isUnmanaged ? 1 : 0),
            );
          note(`plan, ${suffix}`, size, await runCli(programs, served, ["plan", "--format", "json"], 0));
          await invokeAudits(served, (step, cost) => note(`packaged audit, ${step}, ${suffix}`, size, cost));
        });
      }
  } finally {
    rmSync(packaged.folder, { recursive: true, force: true });
  }
  const titles = ["step", "databases", "wall", "CPU", "peak", "calls", "written", "CPU a database"];
  const cells = [...measured].flatMap(([step, bySize]) =>
    [...bySize].map(([size, cost]) => [step, size.toLocaleString("en-US"), ...describe(cost, size)]),
  );
  const faster = [...measured].flatMap(([step, bySize]) => findFaster(bySize).map((cost) => `${step}: ${cost}`));
  return { table: toMarkdown(titles, cells), faster };

  /** The first run, one in which nothing changed, and one after one per cent of the databases changed. */
  async function invokeAudits({ env, ask }: ServedFleet, add: (step: string, cost: Measured) => void): Promise<void> {
    const arnOf = (topic: string) => `arn:aws:sns:${region}:${account}:${topic}`;
    const references = {
      "AWS::Region": region,
      ReportBucket: "reports",
      FindingsTopic: arnOf("findings"),
      AlertsTopic: arnOf("alerts"),
    };
    await ask({ counts: true });
    for (const step of ["first run", "nothing changed", "one per cent changed"]) {
      if (step === "one per cent changed") await ask({ change: 100 });
      // A new process for each run, so that its peak is its own.
      const audit = unpackFunction(packaged, "audit");
      try {
        const startedAt = performance.now();
        const options = { references, env: { ...(env as Record<string, string>), NODE_OPTIONS: v8Limits.join(" ") } };
        const {
          error,
          peakBytes = 0,
          cpuSeconds = 0,
        } = await audit.invoke({ id: step }, { ...options, timeoutSeconds: 900 });
        if (error !== null) throw new Error(`the packaged audit (${step}) failed: ${error}`);
        const seconds = (performance.now() - startedAt) / 1000;
        add(step, { seconds, cpuSeconds, peakMebibytes: peakBytes / 2 ** 20, ...(await ask({ counts: true })) });
      } finally {
        audit.stop();
        rmSync(audit.folder, { recursive: true, force: true });
      }
    }
  }
}

async function runCli(
  programs: Programs,
  { env, ask }: ServedFleet,
  args: readonly string[],
  expectedStatus: number,
): Promise<Measured> {
  await ask({ counts: true });
  const ended = await runProcess([programs.cli, ...args, "--region", region], { env, flags: v8Limits, expectedStatus });
  return { ...ended, calls: (await ask({ counts: true })).calls };
}

function describe({ seconds, cpuSeconds, peakMebibytes, calls, bytes }: Measured, size: number): string[] {
  return [
    `${seconds.toFixed(1)} s`,
    `${cpuSeconds.toFixed(1)} s`,
    `${peakMebibytes.toFixed(0)} MiB`,
    `${calls}`,
    `${(bytes / 2 ** 20).toFixed(1)} MiB`,
    `${((cpuSeconds / size) * 1e6).toFixed(0)} µs`,
  ];
}

/** The costs that grow faster than the fleet: those of a further database between the last two sizes and the two before. */
function findFaster(bySize: ReadonlyMap<number, Measured>): Cost[] {
  const [small, middle, large] = [...bySize];
  if (small === undefined || middle === undefined || large === undefined) return [];
  const each = (cost: Cost, [fromSize, from]: [number, Measured], [toSize, to]: [number, Measured]) =>
    (to[cost] - from[cost]) / (toSize - fromSize);
  return costs.filter(
    (cost) => each(cost, middle, large) > tolerance[cost] * Math.max(each(cost, small, middle), 0) + 1e-6,
  );
}
