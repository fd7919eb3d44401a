export type Pauses = {
  /** Waits between two attempts. Default: real time. */
  readonly sleep?: (milliseconds: number) => Promise<unknown>;
  /** From 0 to 1. Default: `Math.random`. */
  readonly random?: () => number;
};

/**
 * Pauses after an attempt, counted from 1. The pause starts at `firstMilliseconds` and doubles; a random share of half of it is left out,
 * so that writers that collided do not collide again.
 */
export async function backOff(
  attempt: number,
  firstMilliseconds: number,
  { sleep = passTime, random = Math.random }: Pauses = {},
): Promise<void> {
  await sleep(firstMilliseconds * 2 ** (attempt - 1) * (0.5 + random() / 2));
}

function passTime(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
