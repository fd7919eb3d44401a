import { createPaint } from "../lib/report/terminal/paint.ts";
import { toPrintable } from "../lib/report/text/printable.ts";
import { type Io, write } from "./io.ts";
import type { StepListener } from "./process-workflow.ts";
import { terminalOf } from "./terminal.ts";

/** What a terminal shows of the step that is at work. */
const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const millisecondsPerFrame = 100;

/** Escape sequence: back to the line's beginning, and the line is empty. */
const clearLine = "\r\u001b[2K";

export type StepProgress = StepListener & {
  /** Writes a text between the steps. */
  say(text: string): Promise<void>;
  /** Takes down what is drawn, for good. */
  stop(): void;
};

/**
 * Shows the steps of a repair as they happen, on stderr: each by name, with what came of it and how long it took. On a terminal, the one
 * that is at work moves; elsewhere a wait is told once when it begins.
 */
export function createStepProgress(io: Pick<Io, "stderr" | "env" | "now">): StepProgress {
  const { stderr, now } = io;
  const { color, width } = terminalOf(stderr, io);
  const paint = createPaint(color);
  const isLive = stderr.isTTY === true;
  let present: { name: string; since: number; note: string; isNotified: boolean; hasSaid: boolean } | null = null;
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
    startAction(name) {
      present = { name: toPrintable(name), since: now().getTime(), note: "", isNotified: false, hasSaid: false };
      if (isLive) timer = setInterval(draw, millisecondsPerFrame).unref();
      draw();
    },
    pause({ seconds, seen, failure }) {
      if (present === null) return;
      const next = `again in ${describeSeconds(seconds)}`;
      present.note = toPrintable(failure === undefined ? describeSeen(seen) : `${failure} (${next})`);
      if (isLive || present.isNotified) return;
      present.isNotified = true;
      stderr.write(`  … ${present.name}${failure === undefined ? "" : `: ${present.note}`}\n`);
    },
    end(name, failure) {
      const seconds = elapsed();
      // A step that told something has said all that there is to say of it, and of what was taken down nobody wants to hear any more.
      const isStale = present === null || (present.hasSaid && failure === null);
      stop();
      if (isStale) return;
      const took = seconds < 0.1 ? "" : `  ${paint.faint(describeSeconds(seconds))}`;
      const mark = failure === null ? paint.good("✓") : paint.bad("✗");
      stderr.write(`  ${mark} ${toPrintable(name)}${took}${failure === null ? "" : `  ${toPrintable(failure)}`}\n`);
    },
    async say(text) {
      clear();
      await write(stderr, text);
      if (present !== null) present.hasSaid = true;
      draw();
    },
    stop,
  };
}

/** What a look saw, where it saw a database: its status, and its secret's where that is not the usual one. */
function describeSeen(seen: unknown): string {
  const { database } = (seen ?? {}) as {
    database?: { status: string; masterUserSecret: { status: string | null } | null } | null;
  };
  if (database == null) return "";
  const secret = database.masterUserSecret;
  return `${database.status}, ${secret === null ? "no managed secret" : `its secret ${secret.status}`}`;
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
