import type { Params } from "../params.ts";
import type { SimulatedError } from "../simulated-error.ts";

/** As much of an HTTP request as a protocol needs. */
type WireRequest = { path: string; target: string | undefined; body: string };

/** How a service is spoken to over HTTP: the way in and the two ways out. */
export type Protocol = {
  contentType: string;
  /** @throws SyntaxError for a body that is not what the protocol says. */
  parse: (request: WireRequest) => { action: string; params: Params };
  renderAnswer: (action: string, answer: object, requestId: string) => string;
  renderError: (error: SimulatedError, requestId: string) => { body: string; headers?: Record<string, string> };
};
