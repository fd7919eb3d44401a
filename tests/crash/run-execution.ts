import type { ExecutionOptions } from "../../lib/executions/await-gates.ts";
import { addMinutes } from "../../lib/model/time.ts";
import { remediateDatabase } from "../../lib/remediate-database.ts";
import { rules } from "../../rules/index.ts";
import { checkEnd } from "./check-end.ts";
import { checkKept } from "./check-work.ts";
import type { Execution } from "./execution.ts";
import { createNotify, createPort, createState } from "./instruments.ts";
import { createLife, type Life, type Stage } from "./life.ts";
import type { Weather } from "./weather.ts";
import { createWorkflow, type WorkflowOptions } from "./workflow.ts";
import { note, type World } from "./world.ts";

/** One safeguard taken away: what an execution is given, made worse. */
export type Sabotage = {
  readonly name: string;
  readonly spoil: (request: ExecutionOptions, life: Life, world: World) => ExecutionOptions;
};

/** The environment of executions. */
export type Scene = {
  readonly world: World;
  readonly stage: Stage;
  readonly weather: Weather;
  readonly sabotage?: Sabotage | undefined;
  readonly answer: WorkflowOptions["answer"];
  /** By how many minutes the clock of a terminal is ahead. */
  readonly skewMinutes?: number;
};

/** Runs an execution until it ends, or dies, with the memory that it has. */
export async function live(execution: Execution, scene: Scene): Promise<"ended" | "died"> {
  const { world, stage, weather, sabotage, answer, skewMinutes = 0 } = scene;
  const { name, request, storeName, memory } = execution;
  const life = createLife(name, storeName, execution.stake);
  execution.lives += 1;
  if (storeName !== "service") world.hasStrangers = true;
  note(world, name, execution.lives === 1 ? `starts: ${request.action} for ${request.rule}` : "continues");
  const now = () => addMinutes(world.now(), execution.isAtTerminal ? skewMinutes : 0);
  const connection = { world, life, stage, weather };
  const options: ExecutionOptions = {
    ...{ request, rules, now },
    execution: name,
    policy: world.policy,
    isEnabled: true,
    approval: execution.approval,
    waits: !execution.isAtTerminal,
    port: createPort(connection),
    state: createState(connection),
    notify: createNotify(connection),
    workflow: createWorkflow({
      ...{ life, stage, memory, answer, now },
      hear(decision) {
        note(world, "a person", decision);
        if (decision === "approved") world.approved.add(name);
      },
      keep(text) {
        world.moves += 1;
        checkKept(world, "a checkpoint", text);
      },
    }),
  };
  const ended = remediateDatabase(sabotage?.spoil(options, life, world) ?? options).then(
    (result) => {
      execution.result = result;
      execution.end = "ended";
      return "ended" as const;
    },
    (error: Error) => {
      execution.end = "threw";
      checkKept(world, "an error", `${error.message}\n${error.stack}`);
      note(world, name, `threw ${error.message}`);
      return "ended" as const;
    },
  );
  const how = await Promise.race([ended, life.death]);
  if (how === "ended") checkEnd(world, execution, weather);
  return how;
}
