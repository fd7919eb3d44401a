import type { IncomingHttpHeaders } from "node:http";
import type { Params } from "../params.ts";
import type { SimulatedError } from "../simulated-error.ts";

/** As much of an HTTP request as a protocol needs. */
export type WireRequest = {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  target: string | undefined;
  body: string;
};

/** An HTTP answer; what is absent is 200 (or the error's status) and the protocol's content type. */
export type Rendered = { body: string; status?: number; contentType?: string; headers?: Record<string, string> };

/** How a service is spoken to over HTTP: the way in and the two ways out. */
export type Protocol = {
  contentType: string;
  /** @throws SyntaxError for a body that is not what the protocol says. */
  parse: (request: WireRequest) => { action: string; params: Params };
  renderAnswer: (action: string, answer: object, requestId: string) => Rendered;
  renderError: (error: SimulatedError, requestId: string) => Rendered;
};
