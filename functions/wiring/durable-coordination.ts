import { type DurableContext, InvokeError } from "@aws/durable-execution-sdk-js";
import type { Coordination } from "../../lib/organization/coordinate-accounts.ts";

/** Workers that run at the same time. The reserved concurrency of the worker is the same. */
const workersAtOnce = 20;

/**
 * Coordinates accounts as a Lambda durable execution. The ARN of the worker must end with a version or
 * alias, and the worker must answer with JSON: without an answer, it counts as failed.
 */
export function createDurableCoordination(context: DurableContext, workerArn: string): Coordination {
  return {
    step: (name, work) => context.step(name, work),
    async invokeAll(name, events) {
      const invoke = async (child: DurableContext, event: unknown): Promise<boolean> => {
        try {
          await child.invoke(workerArn, event);
          return true;
        } catch (error) {
          if (error instanceof InvokeError) return false;
          throw error;
        }
      };
      const ended = await context.map(name, [...events], invoke, { maxConcurrency: workersAtOnce });
      return ended.getResults();
    },
  };
}
