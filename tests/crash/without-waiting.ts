/**
 * Does something with real time out of the way: what would wait a while goes on at once, because virtual time is all there is. `heard` is
 * what is written to the console meanwhile.
 */
export async function withoutWaiting<T>(work: (heard: readonly string[]) => Promise<T>): Promise<T> {
  const { setTimeout: realTimeout, console: realConsole } = globalThis;
  const { stackTraceLimit } = Error;
  const heard: string[] = [];
  const hear = (...words: unknown[]) => void heard.push(words.map(String).join(" "));
  globalThis.setTimeout = ((callback: () => void) => queueMicrotask(callback)) as unknown as typeof setTimeout;
  globalThis.console = { ...realConsole, log: hear, info: hear, warn: hear, error: hear, debug: hear };
  // Many calls are answered with an error, and a stack takes time.
  Error.stackTraceLimit = 2;
  try {
    return await work(heard);
  } finally {
    globalThis.setTimeout = realTimeout;
    globalThis.console = realConsole;
    Error.stackTraceLimit = stackTraceLimit;
  }
}
