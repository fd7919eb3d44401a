import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { NoResponseError, performCall, serviceNamed } from "./call-service.ts";
import { uuidFrom } from "./identifiers.ts";
import type { Protocol, WireRequest } from "./protocol/protocol.ts";
import { SimulatedError } from "./simulated-error.ts";
import type { Call, Cloud } from "./state.ts";

/** A running simulator. */
export type Simulator = {
  endpoint: string;
  port: number;
  /** The calls of the cloud. */
  calls: Call[];
  close: () => Promise<void>;
};

/** How to serve the simulator, and how virtual time moves meanwhile. */
export type SimulatorOptions = {
  /** A free port if absent. */
  port?: number;
  /** Delay of each response, in real milliseconds. */
  latencyMs?: number;
  /** How far each call moves the virtual clock, so that a polling client makes progress. */
  secondsPerCall?: number;
  /** Virtual seconds per real second; applied when a call arrives. */
  pace?: number;
};

type CredentialScope = { accessKeyId: string; region: string; service: string };
type SimulatedResponse = { status: number; contentType: string; body: string; headers?: Record<string, string> };

function scopeOf({ headers }: IncomingMessage): CredentialScope | undefined {
  const parts = /Credential=([^/\s]+)\/\d+\/([^/\s]+)\/([^/\s]+)\/aws4_request/.exec(headers.authorization ?? "");
  if (!parts) return undefined;
  const [, accessKeyId = "", region = "", service = ""] = parts;
  return { accessKeyId, region, service };
}

/** The service of an unsigned request, by its shape. */
function serviceNameByShape({ headers, url }: IncomingMessage): string {
  const target = String(headers["x-amz-target"] ?? "");
  if (target.startsWith("TrentService.")) return "kms";
  if (target.startsWith("secretsmanager.")) return "secretsmanager";
  return url === "/listRegions" ? "account" : "rds";
}

function parse(protocol: Protocol, request: WireRequest): ReturnType<Protocol["parse"]> {
  try {
    return protocol.parse(request);
  } catch {
    throw new SimulatedError("SerializationException", "The request body cannot be read");
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString(encodingOf(request.headers["content-type"]));
}

/** Bodies are text. That of compressed content has one character a byte. */
function encodingOf(contentType: string | undefined): "latin1" | "utf8" {
  return contentType === "application/gzip" ? "latin1" : "utf8";
}

function responseTo(
  cloud: Cloud,
  request: IncomingMessage,
  body: string,
  requestId: string,
): SimulatedResponse | "hang" | "disconnect" {
  const { method = "GET", url = "/", headers } = request;
  const scope = scopeOf(request);
  const isForm = headers["content-type"]?.startsWith("application/x-www-form-urlencoded");
  const service = serviceNamed(scope?.service ?? serviceNameByShape(request), isForm);
  const { protocol, errors } = service;
  const { contentType } = protocol;
  try {
    if (!scope) throw errors.unsigned();
    const target = headers["x-amz-target"] as string | undefined;
    const { action, params } = parse(protocol, { method, path: url, headers, target, body });
    const { accessKeyId: account, region } = scope;
    const sessionToken = headers["x-amz-security-token"] as string | undefined;
    const call = { account, region, service: scope.service, action, params, sessionToken };
    return {
      status: 200,
      contentType,
      ...protocol.renderResponse(action, performCall(cloud, call, service), requestId),
    };
  } catch (error) {
    if (error instanceof NoResponseError) return error.kind;
    if (!(error instanceof SimulatedError)) throw error;
    return { status: error.status, contentType, ...protocol.renderError(error, requestId) };
  }
}

/** Serves the cloud at `endpoint`, on localhost only. */
export async function startSimulator(cloud: Cloud, options: SimulatorOptions = {}): Promise<Simulator> {
  const { latencyMs = 0, secondsPerCall = 0, pace = 0 } = options;
  let served = 0;
  let lastCallAt = Date.now();

  const passTime = (): void => {
    const now = Date.now();
    const seconds = secondsPerCall + (pace * (now - lastCallAt)) / 1000;
    lastCallAt = now;
    if (seconds > 0) cloud.advance({ seconds });
  };

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(request);
    served += 1;
    const requestId = uuidFrom(`request ${served}`);
    passTime();
    const answer = responseTo(cloud, request, body, requestId);
    if (latencyMs > 0) await sleep(latencyMs);
    if (answer === "disconnect") request.socket.destroy();
    if (typeof answer === "string") return;
    response.writeHead(answer.status, {
      "content-type": answer.contentType,
      "x-amzn-requestid": requestId,
      ...answer.headers,
    });
    response.end(answer.body, encodingOf(answer.contentType));
  };

  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => {
      // A bug in the simulator, which must not look like a simulated error.
      response.writeHead(500, { "content-type": "text/plain" });
      response.end(`The simulator failed: ${error instanceof Error ? error.stack : String(error)}`);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;

  return {
    endpoint: `http://127.0.0.1:${port}`,
    port,
    calls: cloud.calls,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
