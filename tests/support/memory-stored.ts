import type { Stored } from "../../lib/storage/update-stored.ts";
import { deepFreeze } from "./deep-freeze.ts";

/** Something stored in memory, as S3 stores it: a write holds only where nobody wrote since, and all goes through JSON. */
export type MemoryStored<T> = Stored<T> & {
  /** What is there now. */
  readonly kept: () => T;
  readonly writes: () => number;
  /** What fails from now on; null where nothing does. */
  fail: { read?: Error | null; write?: Error | null };
  /** So many writes find that somebody was faster. */
  overtake: (times: number) => void;
};

type MemoryStoredOptions<T> = {
  readonly empty: T;
  /** Nothing was written yet where it is left out. */
  readonly first?: T | undefined;
  /** Awaited before each method does its work: where another writer may come in between. */
  readonly pause?: () => Promise<void>;
};

export const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Stores something in memory. */
export function createMemoryStored<T>({ empty, first, pause = turn }: MemoryStoredOptions<T>): MemoryStored<T> {
  let text = first === undefined ? null : JSON.stringify(first);
  let value: T | null = null;
  let writes = 0;
  let overtaken = 0;
  const version = () => (text === null ? null : String(writes));
  const stored: MemoryStored<T> = {
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
