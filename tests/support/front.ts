import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request of an AWS client. */
export type WireRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The operation in the Query and JSON protocols, such as `ModifyDBInstance`; empty in others. */
  readonly operation: string;
};

export type WireAnswer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
};

export type FrontOptions = {
  /** The endpoint that other requests are forwarded to; without it they fail. */
  readonly backend?: string;
  /** Replaces the backend's response; null forwards the request. */
  readonly answer?: (request: WireRequest) => WireAnswer | "hang" | "disconnect" | null;
  /** Changes the body of a forwarded request. */
  readonly forward?: (request: WireRequest) => string;
  /** Changes the backend's response. */
  readonly change?: (answer: WireAnswer, request: WireRequest) => WireAnswer;
};

/** A server in front of an emulator, or alone. Records requests and returns what the test specifies. */
export type Front = { readonly endpoint: string; readonly requests: WireRequest[]; close(): Promise<void> };

/** Starts a front on a free port of localhost. */
export async function startFront({
  backend,
  answer = () => null,
  forward = ({ body }) => body,
  change = (answered) => answered,
}: FrontOptions): Promise<Front> {
  const requests: WireRequest[] = [];

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await read(incoming);
    requests.push(request);
    const given = answer(request) ?? change(await passOn({ ...request, body: forward(request) }, backend), request);
    if (given === "disconnect") incoming.socket.destroy();
    if (typeof given === "string") return;
    response.writeHead(given.status, given.headers).end(given.body);
  }

  const server = createServer((incoming, response) => {
    serve(incoming, response).catch((error: unknown) => {
      response.writeHead(500, { "content-type": "text/plain" }).end(`The front failed: ${error}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function read(incoming: IncomingMessage): Promise<WireRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const { method = "GET", url: path = "/", headers } = incoming;
  const body = Buffer.concat(chunks).toString();
  const target = String(headers["x-amz-target"] ?? "");
  return {
    method,
    path,
    headers: headers as Record<string, string>,
    body,
    operation: target.split(".")[1] ?? new URLSearchParams(body).get("Action") ?? "",
  };
}

/** Forwards a request without its connection headers. */
async function passOn({ method, path, headers, body }: WireRequest, backend: string | undefined): Promise<WireAnswer> {
  if (backend === undefined) throw new Error("the front has no backend");
  const answered = await fetch(`${backend}${path}`, {
    method,
    headers: without(headers, ["host", "connection", "content-length", "expect"]),
    ...(body === "" ? {} : { body }),
  });
  const theirs = Object.fromEntries(answered.headers);
  return {
    status: answered.status,
    headers: without(theirs, ["connection", "content-encoding", "content-length", "transfer-encoding"]),
    body: await answered.text(),
  };
}

function without(headers: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));
}
