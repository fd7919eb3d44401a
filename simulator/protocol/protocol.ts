import type { IncomingHttpHeaders } from "node:http";
import type { Params } from "../params.ts";
import type { SimulatedError } from "../simulated-error.ts";

/** The parts of an HTTP request that a protocol reads. */
export type WireRequest = {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  target: string | undefined;
  body: string;
};

/** An HTTP response. Defaults: status 200 or the error's status, and the protocol's content type. */
export type Rendered = { body: string; status?: number; contentType?: string; headers?: Record<string, string> };

/** A wire protocol: parses requests, renders responses and errors. */
export type Protocol = {
  contentType: string;
  /** @throws SyntaxError for a malformed body. */
  parse: (request: WireRequest) => { action: string; params: Params };
  renderResponse: (action: string, answer: object, requestId: string) => Rendered;
  renderError: (error: SimulatedError, requestId: string) => Rendered;
};
