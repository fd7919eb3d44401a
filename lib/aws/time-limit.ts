/** A time limit ended a call before AWS answered. */
class DeadlineExceeded extends Error {
  override readonly name = "DeadlineExceeded";
}

/** Starts a time limit: a signal that ends calls. It does not keep the process alive. `reason` completes "AWS had not answered when ...". */
export function startTimeLimit(milliseconds: number, reason: string): AbortSignal {
  const controller = new AbortController();
  const error = new DeadlineExceeded(`AWS had not answered when ${reason}`);
  setTimeout(() => controller.abort(error), milliseconds).unref();
  return controller.signal;
}

/** True if a time limit ended the call. */
export function isDeadlineExceeded(error: unknown): boolean {
  return error instanceof DeadlineExceeded;
}

/** Waits for a promise until the signal; then throws its reason. */
export async function waitUntil<T>(signal: AbortSignal | undefined, promise: Promise<T>): Promise<T> {
  if (signal === undefined) return promise;
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** The parts of an SDK client that a time limit needs. */
type LimitedClient = {
  readonly config: { readonly requestHandler: { handle: (request: never, options?: object) => Promise<unknown> } };
  readonly middlewareStack: { add(middleware: never): void };
};

/** Ends the calls of a client at the signal: the request under way, its retries, and the pauses between them. */
export function withSignal<Client extends LimitedClient>(client: Client, signal: AbortSignal | undefined): Client {
  if (signal === undefined) return client;
  const { requestHandler } = client.config;
  const handle = requestHandler.handle.bind(requestHandler);
  requestHandler.handle = (request, options) => handle(request, { ...options, abortSignal: signal });
  const limit = (next: (args: unknown) => Promise<unknown>) => async (args: unknown) => {
    // Without this, a call that follows would still sign a request, and a new client would fetch credentials.
    signal.throwIfAborted();
    return waitUntil(signal, next(args));
  };
  client.middlewareStack.add(limit as never);
  return client;
}
