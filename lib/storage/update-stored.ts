import { backOff, type Pauses } from "./back-off.ts";

/** A stored value that is written only if it did not change since it was read. */
export type Stored<T> = {
  /** What messages call it: its location, as in `s3://bucket/ledger.json`. */
  readonly name: string;
  /** The version is null before the value is first written. */
  read(): Promise<{ readonly value: T; readonly version: string | null }>;
  /** False if another writer changed the value since that version. */
  write(value: T, version: string | null): Promise<boolean>;
};

const attempts = 8;

/** With this, eight attempts take six seconds at most. */
const firstPauseMilliseconds = 50;

/**
 * Reads, changes and writes a stored value, again if another writer was faster. Returns false if the change is null: then nothing is
 * written. Throws if every attempt was overtaken.
 */
export async function updateStored<T>(
  stored: Stored<T>,
  change: (value: T) => T | null,
  pauses: Pauses = {},
): Promise<boolean> {
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const { value, version } = await stored.read();
    const changed = change(value);
    if (changed === null) return false;
    if (await stored.write(changed, version)) return true;
    if (attempt < attempts) await backOff(attempt, firstPauseMilliseconds, pauses);
  }
  throw new Error(`${stored.name} was changed by another writer ${attempts} times in a row`);
}
