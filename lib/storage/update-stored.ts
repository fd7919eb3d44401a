/** Something that is stored, and written on condition that nobody wrote it since it was read. */
export type Stored<T> = {
  read(): Promise<{ readonly value: T; readonly version: string | null }>;
  /** False where somebody else wrote it since. */
  write(value: T, version: string | null): Promise<boolean>;
};

export type Pauses = {
  /** How the time between two attempts passes; real time, unless said otherwise. */
  readonly sleep?: (milliseconds: number) => Promise<unknown>;
  /** From 0 to 1. */
  readonly random?: () => number;
};

/** How often it is read again because somebody else was faster. */
const attempts = 8;

/** About so long is waited after the first attempt, and twice as long after each further one: six seconds in all. */
const firstPauseMilliseconds = 50;

/** Reads, changes and writes until nobody wrote in between; false where the change is null and nothing is written. */
export async function updateStored<T>(
  what: string,
  stored: Stored<T>,
  change: (value: T) => T | null,
  { sleep = passTime, random = Math.random }: Pauses = {},
): Promise<boolean> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    // From half to all of a pause that doubles: those who met wait longer each time, and not equally long.
    if (attempt > 0) await sleep(firstPauseMilliseconds * 2 ** (attempt - 1) * (0.5 + random() / 2));
    const { value, version } = await stored.read();
    const changed = change(value);
    if (changed === null) return false;
    if (await stored.write(changed, version)) return true;
  }
  throw new Error(`${what} was changed by others ${attempts} times in a row`);
}

function passTime(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
