import type { Entry, World } from "./world.ts";

/** Describes everything that happened in a trial. Reads in a row share one line. */
export function describeTrial({
  name,
  broken,
  world,
}: {
  name: string;
  broken: readonly string[];
  world: World;
}): string {
  const lines: string[] = [];
  let reading = "";
  for (const entry of world.journal) {
    const isRead = entry.type === "call" && entry.changes === null;
    const by = `${entry.by} ${isRead ? entry.step : ""}`;
    if (isRead && reading === by) lines.push(`${lines.pop()}, ${describeCall(entry)}`);
    else lines.push(describeEntry(entry));
    reading = isRead ? by : "";
  }
  return [name, ...broken.map((promise) => `BROKEN: ${promise}`), ...lines].join("\n");
}

function describeEntry(entry: Entry): string {
  const { at, by } = entry;
  return `${at} ${by}: ${entry.type === "note" ? entry.what : `[${entry.step}] ${describeCall(entry)}`}`;
}

function describeCall({ action, changes, answer }: Extract<Entry, { type: "call" }>): string {
  if (changes !== null) return `${action} on ${changes}: ${answer}`;
  // A trial of a key is answered with an error where it works.
  return ["ok", "DryRunOperationException"].includes(answer) ? (action.split(":")[1] ?? "") : `${action}: ${answer}`;
}
