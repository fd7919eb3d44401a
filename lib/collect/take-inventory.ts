import pMap from "p-map";
import type { Inventory, Target } from "../model/inventory.ts";
import { chooseTargets, type TargetRequest } from "./choose-targets.ts";
import { readTarget } from "./read-target.ts";
import type { RegionPort } from "./region-port.ts";
import type { ReadOptions } from "./target-reading.ts";

/** Targets that are read, out of all. */
export type Progress = { readonly done: number; readonly total: number };

/** `now` is when the audit started. */
export type InventoryRequest = TargetRequest &
  Omit<ReadOptions, "only"> & {
    readonly onProgress?: (progress: Progress) => void;
  };

/** Targets that are read at the same time, over all accounts. */
export const concurrency = 24;

/** Reads every Region of every account in parallel. Throws an AccessError if no account can be opened. */
export async function takeInventory(request: InventoryRequest): Promise<Inventory> {
  const { ports, gaps } = await chooseTargets(request);
  let done = 0;
  const report = () => request.onProgress?.({ done, total: ports.length });
  report();
  const read = async (port: RegionPort): Promise<Target> => {
    const target = await readTarget(port, request);
    done += 1;
    report();
    return target;
  };
  const targets = await pMap(ports, read, { concurrency });
  return { schemaVersion: "1.0", observedAt: request.now, targets, gaps: [...gaps] };
}
