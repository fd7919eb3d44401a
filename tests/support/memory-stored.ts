import type { Stored } from "../../lib/storage/update-stored.ts";
import { deepFreeze } from "./deep-freeze.ts";

/** A stored value in memory, with S3's conditional writes. Values are serialized as JSON. */
export type MemoryStored<T> = Stored<T> & {
  /** The current value. */
  readonly kept: () => T;
  readonly writes: () => number;
  /** Errors that reads and writes throw. */
  fail: { read?: Error | null; write?: Error | null };
  /** Makes this many writes fail as if another writer was first. */
  overtake: (times: number) => void;
};

type MemoryStoredOptions<T> = {
  readonly empty: T;
  /** The initial value; nothing is stored if absent. */
  readonly first?: T | undefined;
  /** Awaited before each read and write, so that another writer can intervene. */
  readonly pause?: () => Promise<void>;
};

export const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

export function createMemoryStored<T>({ empty, first, pause = turn }: MemoryStoredOptions<T>): MemoryStored<T> {
  let text = first === undefined ? null : JSON.stringify(first);
  let value: T | null = null;
  let writes = 0;
  let overtaken = 0;
  const version = () => (text === null ? null : String(writes));
  const stored: MemoryStored<T> = {
    name: "memory",
    kept: () => {
      value ??= text === null ? empty : deepFreeze(JSON.parse(text) as T);
      return value;
    },
    writes: () => writes,
    fail: {},
    overtake: (times) => {
      overtaken = times;
    },
    async read() {
      await pause();
      if (stored.fail.read) throw stored.fail.read;
      return { value: stored.kept(), version: version() };
    },
    async write(written, since) {
      await pause();
      if (stored.fail.write) throw stored.fail.write;
      if (overtaken > 0) {
        overtaken -= 1;
        return false;
      }
      if (since !== version()) return false;
      text = JSON.stringify(written);
      value = null;
      writes += 1;
      return true;
    },
  };
  return stored;
}
