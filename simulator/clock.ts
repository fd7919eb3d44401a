/** An amount of virtual time: the sum of the fields. */
export type TimeSpan = { seconds?: number; minutes?: number; hours?: number; days?: number };

/** A virtual clock with scheduled events. */
export type Clock = {
  now: () => Date;
  /** Moves time forward and runs each event that becomes due, in order, at its own instant. */
  advance: (span: TimeSpan) => void;
  /** Schedules an event. If the instant has passed, the event runs on the next `advance`. */
  at: (instant: Date, run: () => void) => void;
  after: (seconds: number, run: () => void) => void;
};

type ScheduledEvent = { at: number; run: () => void };

function millisecondsIn({ seconds = 0, minutes = 0, hours = 0, days = 0 }: TimeSpan): number {
  return 1000 * (seconds + 60 * (minutes + 60 * (hours + 24 * days)));
}

/** Creates a clock that moves only with `advance`. */
export function createClock(start: Date): Clock {
  let now = start.getTime();
  // Sorted by instant; equal instants keep their order. A fleet is built in nearly ascending order, so inserting is cheap.
  const events: ScheduledEvent[] = [];

  const at = (instant: Date, run: () => void): void => {
    const due = { at: instant.getTime(), run };
    let low = 0;
    let high = events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((events[middle] as ScheduledEvent).at <= due.at) low = middle + 1;
      else high = middle;
    }
    events.splice(low, 0, due);
  };

  const advance = (span: TimeSpan): void => {
    const until = now + millisecondsIn(span);
    for (let due = events[0]; due !== undefined && due.at <= until; due = events[0]) {
      events.shift();
      now = Math.max(now, due.at);
      due.run();
    }
    now = Math.max(now, until);
  };

  return {
    now: () => new Date(now),
    advance,
    at,
    after: (seconds, run) => at(new Date(now + 1000 * seconds), run),
  };
}
