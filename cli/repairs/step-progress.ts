import { createPaint } from "../../lib/report/terminal/paint.ts";
import { toPrintable } from "../../lib/report/text/printable.ts";
import { type Io, write } from "../io.ts";
import { terminalOf } from "../output/terminal.ts";
import type { StepListener } from "./process-workflow.ts";

const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const millisecondsPerFrame = 100;

/** Escape sequence: moves to the start of the line and clears it. */
const clearLine = "\r\u001b[2K";

export type StepProgress = StepListener & {
  /** Prints a text between steps. */
  say(text: string): Promise<void>;
  /** Clears the current step, for good. */
  stop(): void;
};

/**
 * Shows the steps of a repair on stderr: name, result and duration. On a terminal it animates the current step; elsewhere it prints a wait
 * once, when it starts.
 */
export function createStepProgress(io: Pick<Io, "stderr" | "env" | "now">): StepProgress {
  const { stderr, now } = io;
  const { color, width } = terminalOf(stderr, io);
  const paint = createPaint(color);
  const isLive = stderr.isTTY === true;
  let present: { name: string; since: number; note: string; isPrinted: boolean; hasText: boolean } | null = null;
  let frame = 0;
  let timer: NodeJS.Timeout | null = null;

  const elapsed = () => (present === null ? 0 : (now().getTime() - present.since) / 1000);

  const draw = () => {
    if (!isLive || present === null) return;
    frame = (frame + 1) % frames.length;
    const note = present.note === "" ? "" : `  ${present.note}`;
    const line = `  ${frames[frame]} ${present.name}  ${describeSeconds(elapsed())}${note}`;
    stderr.write(clearLine + [...line].slice(0, width - 1).join(""));
  };
  const clear = () => {
    if (isLive && present !== null) stderr.write(clearLine);
  };
  const stop = () => {
    if (timer !== null) clearInterval(timer);
    timer = null;
    clear();
    present = null;
  };

  return {
    start(name) {
      present = { name: toPrintable(name), since: now().getTime(), note: "", isPrinted: false, hasText: false };
      if (isLive) timer = setInterval(draw, millisecondsPerFrame).unref();
      draw();
    },
    pause({ seconds, value, failure }) {
      if (present === null) return;
      const next = `again in ${describeSeconds(seconds)}`;
      present.note = toPrintable(failure === undefined ? describeValue(value) : `${failure} (${next})`);
      if (isLive || present.isPrinted) return;
      present.isPrinted = true;
      stderr.write(`  … ${present.name}${failure === undefined ? "" : `: ${present.note}`}\n`);
    },
    end(name, failure) {
      const seconds = elapsed();
      // The text that a step printed is its result. A cleared step has none.
      const isStale = present === null || (present.hasText && failure === null);
      stop();
      if (isStale) return;
      const took = seconds < 0.1 ? "" : `  ${paint.faint(describeSeconds(seconds))}`;
      const symbol = failure === null ? paint.good("✓") : paint.bad("✗");
      stderr.write(`  ${symbol} ${toPrintable(name)}${took}${failure === null ? "" : `  ${toPrintable(failure)}`}\n`);
    },
    async say(text) {
      clear();
      await write(stderr, text);
      if (present !== null) present.hasText = true;
      draw();
    },
    stop,
  };
}

/** The status of a polled database and of its secret; empty for any other value. */
function describeValue(value: unknown): string {
  const { database } = (value ?? {}) as {
    database?: { status: string; masterUserSecret: { status: string | null } | null } | null;
  };
  if (database == null) return "";
  const secret = database.masterUserSecret;
  return `${database.status}, ${secret === null ? "no managed secret" : `secret ${secret.status}`}`;
}

/** "0.4 s", "12 s", "3 min 20 s", "2 h 5 min". */
export function describeSeconds(seconds: number): string {
  if (seconds < 9.95) return `${(Math.round(seconds * 10) / 10).toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min${whole % 60 === 0 ? "" : ` ${whole % 60} s`}`;
  return `${Math.floor(minutes / 60)} h${minutes % 60 === 0 ? "" : ` ${minutes % 60} min`}`;
}
