/**
 * Does something with real time out of the way: what would wait a while goes on at once, because virtual time is all there is. Everything
 * that is written to the console meanwhile is given to `hear`.
 */
export async function withoutWaiting<T>(work: (listen: (hear: (text: string) => void) => void) => Promise<T>): Promise<T> {
  const { setTimeout: realTimeout, console: realConsole } = globalThis;
  let hear: (text: string) => void = () => {};
  const say = (...words: unknown[]) => hear(words.map(String).join(" "));
  globalThis.setTimeout = ((callback: () => void) => queueMicrotask(callback)) as unknown as typeof setTimeout;
  globalThis.console = { ...realConsole, log: say, info: say, warn: say, error: say, debug: say };
  try {
    return await work((listener) => {
      hear = listener;
    });
  } finally {
    globalThis.setTimeout = realTimeout;
    globalThis.console = realConsole;
  }
}
