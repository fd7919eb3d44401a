import { parseArgs } from "node:util";
import { startMoto } from "../contract/emulators.ts";
import { createRandom } from "../crash/world.ts";
import { openAccount } from "./open-account.ts";
import { openMotoAccount } from "./open-moto-account.ts";
import { actions, type KilledAction } from "./processes.ts";

/**
 * `npm run kill`: kills repairs at random moments, and starts two at once, in real processes. Prints how often what happened. With `--moto` it kills
 * repairs of what moto has, one after another, and starts no two at once: moto has one account.
 */
const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "100" },
    races: { type: "string", default: "50" },
    seed: { type: "string", default: "1" },
    parallel: { type: "string", default: "4" },
    moto: { type: "boolean", default: false },
  },
});
const moto = values.moto ? await startMoto() : null;
const open = (action: KilledAction) => (moto === null ? openAccount(action, pace) : openMotoAccount(moto, action));
const random = createRandom(Number(values.seed));
const counts = new Map<string, Map<string, number>>();
const broken: string[] = [];
/** How much faster time passes in the simulated AWS, as with `demo --serve`. */
const pace = 10;

function countAs(what: string, how: string): void {
  const ofWhat = counts.get(what) ?? new Map<string, number>();
  counts.set(what, ofWhat.set(how, (ofWhat.get(how) ?? 0) + 1));
}

/** Kills a repair after a while, and runs it again once. */
async function kill(action: KilledAction, killAfter: number, number: number): Promise<void> {
  const account = await open(action);
  try {
    const first = await account.terminal(killAfter);
    account.expireLeases();
    const again = await account.terminal();
    const isDone = again.status === 0;
    const wrong = await account.check([first.output, again.output], isDone);
    // What is not done is said.
    if (!isDone && !/REFUSED|FAILED/.test(again.output)) wrong.push(`ended with ${again.status}, and says nothing`);
    countAs(`${action} killed`, first.status === -1 ? (isDone ? "then done" : "then said not to be done") : "too late");
    for (const one of wrong) broken.push(`kill ${number} of ${action} after ${killAfter} ms: ${one}\n${again.output}`);
  } finally {
    await account.close();
  }
}

const rivals = ["two terminals", "two services", "a terminal and a service"] as const;

/** Starts two repairs of one database at once: one works, the other says so. */
async function race(
  rival: (typeof rivals)[number],
  action: KilledAction,
  delay: number,
  number: number,
): Promise<void> {
  const account = await openAccount(action, pace);
  try {
    const one = () => (rival === "two services" ? account.service("db-ORDERS-1") : account.terminal());
    const other = () => (rival === "two terminals" ? account.terminal() : account.service("db-ORDERS-2"));
    const second = new Promise((resolve) => setTimeout(resolve, delay)).then(other);
    const ended = await Promise.all([one(), second]);
    const done = ended.filter(({ status }) => status === 0);
    const isSaid = ended.some(
      ({ status, output }) =>
        status !== 0 && /working on it|is repairing|took the slot|no longer re/.test(output.replaceAll(/\s+/g, " ")),
    );
    const isLate = done.length === 2 && ended.some(({ output }) => /no repair is needed/.test(output));
    const how =
      done.length === 1 && isSaid ? "one works, the other says so" : isLate ? "one after the other" : "neither";
    countAs(rival, how);
    const wrong = account.check(
      ended.map(({ output }) => output),
      true,
    );
    if (how === "neither") wrong.push("not one worked while the other said so");
    for (const what of wrong)
      broken.push(
        `race ${number} of ${rival} (${action}): ${what}\n${ended.map(({ output }) => output).join("\n---\n")}`,
      );
  } finally {
    await account.close();
  }
}

/** How long each repair takes if nothing disturbs it, in milliseconds. */
async function measure(action: KilledAction): Promise<number> {
  const account = await open(action);
  const startedAt = Date.now();
  const { status, output } = await account.terminal();
  await account.close();
  if (status !== 0) throw new Error(`undisturbed, ${action} ends with ${status}:\n${output}`);
  return Date.now() - startedAt;
}

const tasks: (() => Promise<void>)[] = [];
const durations = new Map<KilledAction, number>();
for (const action of actions) durations.set(action, await measure(action));
for (let number = 1; number <= Number(values.kills); number += 1) {
  const action = actions[number % actions.length] ?? "toggle";
  const killAfter = Math.round(random() * (durations.get(action) ?? 0));
  tasks.push(() => kill(action, killAfter, number));
}
for (let number = 1; moto === null && number <= Number(values.races); number += 1)
  for (const rival of rivals) {
    const action = actions[number % actions.length] ?? "toggle";
    const delay = Math.round(random() * 300);
    tasks.push(() => race(rival, action, delay, number));
  }
const workers = Array.from({ length: moto === null ? Number(values.parallel) : 1 }, async () => {
  for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) await task();
});
await Promise.all(workers);
await moto?.stop();
for (const [what, hows] of [...counts].sort())
  process.stdout.write(`${what}: ${[...hows].map(([how, times]) => `${times} ${how}`).join(", ")}\n`);
process.stdout.write(`broken promises: ${broken.length}\n${broken.map((one) => `\n${one}\n`).join("")}`);
process.exitCode = broken.length === 0 ? 0 : 1;
