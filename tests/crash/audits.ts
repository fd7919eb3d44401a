import { readTarget } from "../../lib/collect/read-target.ts";
import { reapAndStart } from "../../lib/executions/reap-and-start.ts";
import { announceSecret, reapIfRepaired } from "../../lib/executions/reap-executions.ts";
import type { Inventory } from "../../lib/model/inventory.ts";
import type { RemediationEvent } from "../../lib/model/remediation-event.ts";
import type { RemediationRequest } from "../../lib/model/remediation-request.ts";
import { isStartable, makePlan, type PlanOptions } from "../../lib/plan/make-plan.ts";
import { expiredIn } from "../../lib/plan/remediation-state.ts";
import { rules } from "../../rules/index.ts";
import { checkEvent } from "./check-work.ts";
import { createExecution, type Execution } from "./execution.ts";
import { createPort } from "./instruments.ts";
import { audience, createLife } from "./life.ts";
import type { Weather } from "./weather.ts";
import type { StoreName, Subject, World } from "./world.ts";

const day = 86_400_000;

/** Audits run at noon. */
export function passToNextNoon({ cloud }: World): void {
  const now = cloud.now().getTime();
  const next = (Math.floor(now / day - 0.5) + 1.5) * day;
  cloud.advance({ seconds: (next - now) / 1000 });
}

/** What an audit sees of the Region, in whatever weather there is. */
async function observe(world: World, weather: Weather): Promise<Inventory> {
  const port = createPort({ world, weather, life: createLife("audit", "service"), stage: audience });
  const target = await readTarget(port, { policy: world.policy, rules, now: world.now(), forRepair: true });
  return { schemaVersion: "1.0", observedAt: world.now(), targets: [target], gaps: [] };
}

function planOptions({ policy, stores, now }: World, storeName: StoreName): PlanOptions {
  return { policy, rules, state: stores[storeName].kept(), now: now(), isEnabled: true };
}

function notifyIn(world: World) {
  return async (event: RemediationEvent): Promise<void> => {
    checkEvent(world, event);
    world.notified.push(event);
  };
}

/**
 * What the service's audit starts, of what was never started before under that name; and whether nothing at all is left to be done. It may
 * follow on the news that an execution has died.
 */
export async function audit(
  world: World,
  weather: Weather,
  known: readonly Execution[],
  dead?: Execution,
): Promise<{ readonly due: readonly Execution[]; readonly isAtRest: boolean }> {
  const inventory = await observe(world, weather);
  const { policy, stores } = world;
  const due: Execution[] = [];
  await reapAndStart({
    ...{ inventory, isFull: true, policy, rules, now: world.now() },
    lost: dead === undefined ? null : { execution: dead.name, how: `The execution ${dead.name} was killed.` },
    repairs: {
      state: stores.service,
      notify: notifyIn(world),
      async start(name, request) {
        if (![...known, ...due].some((execution) => execution.name === name))
          due.push(createExecution(name, request, "service"));
        return true;
      },
    },
  });
  // It no longer counts.
  if (dead !== undefined) world.changing.delete(`service ${dead.name}`);
  const { running, stopped } = stores.service.kept();
  const isIdle = due.length === 0 && running.length === 0 && stopped === null;
  const isAtRest = isIdle && !makePlan(inventory, planOptions(world, "service")).actions.some(isStartable);
  return { due, isAtRest };
}

/** What a terminal would start on a database, with a state of its own or with the service's. Each run has a name of its own. */
export async function planAtTerminal(
  world: World,
  { resourceId }: Pick<Subject, "resourceId">,
  { storeName, weather, now = world.now() }: { storeName: StoreName; weather: Weather; now?: string },
): Promise<Execution | null> {
  const inventory = await observe(world, weather);
  const database = inventory.targets[0]?.databases.find((one) => one.resourceId === resourceId);
  if (database === undefined) return null;
  const { policy, stores } = world;
  const reaping = { inventory, policy, rules, state: stores[storeName], now, notify: notifyIn(world) };
  await announceSecret(reaping, database);
  const { arn } = database;
  world.terminals += 1;
  const execution = `terminal-${resourceId}-${world.terminals}`;
  const options = { ...planOptions(world, storeName), now, execution, approvedBy: "ann", only: new Set([arn]) };
  const first = makePlan(inventory, options).actions.find(({ gates }) => gates.every(({ open }) => open));
  if (first !== undefined) {
    const approved = { keyReference: first.keyReference, secretArn: database.masterUserSecret?.secretArn ?? null };
    return createExecution(execution, toRequest(first), storeName, { by: "ann", ...approved });
  }
  const [dead] = expiredIn(stores[storeName].kept(), now);
  if (dead !== undefined) await reapIfRepaired({ ...reaping, running: dead });
  return null;
}

/** An execution of the service for each of the databases, whatever budget there is. */
export async function planAll(world: World, weather: Weather): Promise<Execution[]> {
  const { actions } = makePlan(await observe(world, weather), planOptions(world, "service"));
  return world.affectedDatabases.flatMap(({ arn, identifier }) => {
    const first = actions.find(({ database }) => database.arn === arn);
    return first === undefined ? [] : createExecution(`${identifier}-1`, toRequest(first), "service");
  });
}

function toRequest({ action, rule, severity, database }: RemediationRequest): RemediationRequest {
  return { action, rule, severity, database };
}
