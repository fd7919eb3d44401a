/** Loaded before the program that is measured: writes what the process used to file descriptor 3 when it ends. */
import { readFileSync, writeSync } from "node:fs";

/** What a process used. */
export type Usage = { readonly cpuSeconds: number; readonly peakMebibytes: number };

process.on("exit", () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const usage: Usage = {
    cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
    peakMebibytes: (peakKibibytes() ?? maxRSS) / 1024,
  };
  writeSync(3, JSON.stringify(usage));
});

/** Linux counts the memory of the parent at the fork in `maxRSS`, but not in this. */
function peakKibibytes(): number | undefined {
  try {
    return (
      Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? Number.NaN) || undefined
    );
  } catch {
    return undefined;
  }
}
