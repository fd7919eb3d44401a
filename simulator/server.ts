import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createRegion } from "./cloud.ts";
import { type Fault, meetFault } from "./faults.ts";
import { uuidFrom } from "./identifiers.ts";
import type { Params } from "./params.ts";
import { accountManagement } from "./services/account.ts";
import { config } from "./services/config.ts";
import { kms } from "./services/kms.ts";
import { rds } from "./services/rds.ts";
import { s3 } from "./services/s3.ts";
import { secretsManager } from "./services/secretsmanager.ts";
import { securityHub } from "./services/securityhub.ts";
import type { Service } from "./services/service.ts";
import { sns } from "./services/sns.ts";
import { sessionIn, sts } from "./services/sts.ts";
import { unknownService } from "./services/unknown.ts";
import { SimulatedError } from "./simulated-error.ts";
import type { Account, Cloud, Region } from "./state.ts";

/** One call that was made, including those that were refused. */
type Call = { account: string; region: string; action: string };

/** A running simulator. */
export type Simulator = {
  endpoint: string;
  port: number;
  /** Every call since the start, in order; empty it to count anew. */
  calls: Call[];
  close: () => Promise<void>;
};

/** How the simulator is served, and how virtual time moves while it is. */
export type SimulatorOptions = {
  /** Any free one if absent. */
  port?: number;
  /** How long each answer takes, in real milliseconds. */
  latencyMs?: number;
  /** How far each call moves the virtual clock, so that a client that polls gets somewhere. */
  secondsPerCall?: number;
  /** How many virtual seconds pass in a real one; counted when a call comes in. */
  pace?: number;
};

/** By the name that a request is signed for. */
const services: Readonly<Record<string, Service>> = {
  account: accountManagement,
  config,
  kms,
  rds,
  s3,
  secretsmanager: secretsManager,
  securityhub: securityHub,
  sns,
  sts,
};

type Scope = { accessKeyId: string; region: string; service: string };
type Answer = { status: number; contentType: string; body: string; headers?: Record<string, string> };

function scopeOf({ headers }: IncomingMessage): Scope | undefined {
  const parts = /Credential=([^/\s]+)\/\d+\/([^/\s]+)\/([^/\s]+)\/aws4_request/.exec(headers.authorization ?? "");
  if (!parts) return undefined;
  const [, accessKeyId = "", region = "", service = ""] = parts;
  return { accessKeyId, region, service };
}

/** An unsigned request tells its service by its shape alone. */
function serviceByShape({ headers, url }: IncomingMessage): Service {
  const target = String(headers["x-amz-target"] ?? "");
  if (target.startsWith("TrentService.")) return kms;
  if (target.startsWith("secretsmanager.")) return secretsManager;
  return url === "/listRegions" ? accountManagement : rds;
}

function serviceNamed(name: string, { headers }: IncomingMessage): Service {
  return (
    services[name] ??
    unknownService(
      name,
      headers["content-type"]?.startsWith("application/x-www-form-urlencoded") ?? false,
      Object.keys(services),
    )
  );
}

function callerArnOf({ id, partition }: Account, token: string | undefined): string {
  return `arn:${partition}:sts::${id}:assumed-role/${sessionIn(token) ?? "Simulated/session"}`;
}

/** What a fault answers; `hang` and `disconnect` answer nothing and are seen to before. */
function refusalOf(fault: Fault, { refusals }: Service, callerArn: string, action: string): SimulatedError {
  switch (fault.kind) {
    case "deny":
      return refusals.denied(
        fault.message ??
          `User: ${callerArn} is not authorized to perform: ${action} because no identity-based policy allows the ${action} action`,
      );
    case "throttle":
      return refusals.throttled();
    case "expired-token":
      return refusals.expiredToken();
    default:
      return new SimulatedError(
        fault.code ?? "InternalFailure",
        fault.message ?? "An internal error occurred",
        fault.status ?? 500,
      );
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** Serves the cloud to any AWS client that is pointed at `endpoint`, on this machine only. */
export async function startSimulator(cloud: Cloud, options: SimulatorOptions = {}): Promise<Simulator> {
  const { latencyMs = 0, secondsPerCall = 0, pace = 0 } = options;
  const calls: Call[] = [];
  let served = 0;
  let lastCallAt = Date.now();

  const letTimePass = (): void => {
    const now = Date.now();
    const seconds = secondsPerCall + (pace * (now - lastCallAt)) / 1000;
    lastCallAt = now;
    if (seconds > 0) cloud.advance({ seconds });
  };

  const answerWith = (
    service: Service,
    requestId: string,
    answer: () => { action: string; result: object },
  ): Answer => {
    const { protocol } = service;
    const contentType = protocol.contentType;
    try {
      const { action, result } = answer();
      return { status: 200, contentType, ...protocol.renderAnswer(action, result, requestId) };
    } catch (error) {
      if (!(error instanceof SimulatedError)) throw error;
      return { status: error.status, contentType, ...protocol.renderError(error, requestId) };
    }
  };

  const answerCall = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(request);
    served += 1;
    const requestId = uuidFrom(`request ${served}`);
    letTimePass();
    const answer = answerTo(request, body, requestId);
    if (latencyMs > 0) await sleep(latencyMs);
    if (answer === "disconnect") request.socket.destroy();
    if (typeof answer === "string") return;
    response.writeHead(answer.status, {
      "content-type": answer.contentType,
      "x-amzn-requestid": requestId,
      ...answer.headers,
    });
    response.end(answer.body);
  };

  const answerTo = (request: IncomingMessage, body: string, requestId: string): Answer | "hang" | "disconnect" => {
    const scope = scopeOf(request);
    const service = scope ? serviceNamed(scope.service, request) : serviceByShape(request);
    const { refusals } = service;
    const refuse = (error: SimulatedError): Answer =>
      answerWith(service, requestId, () => {
        throw error;
      });
    if (!scope) return refuse(refusals.unsigned());
    const account = cloud.accounts.get(scope.accessKeyId);
    if (!account || !(service.isGlobal || account.enabledRegions.has(scope.region)))
      return refuse(refusals.invalidToken());

    let call: { action: string; params: Params };
    try {
      call = service.protocol.parse({
        method: request.method ?? "GET",
        path: request.url ?? "/",
        headers: request.headers,
        target: request.headers["x-amz-target"] as string | undefined,
        body,
      });
    } catch {
      return refuse(new SimulatedError("SerializationException", "The request body cannot be read"));
    }
    const action = `${scope.service}:${service.permissions?.[call.action] ?? call.action}`;
    calls.push({ account: account.id, region: scope.region, action });
    const callerArn = callerArnOf(account, request.headers["x-amz-security-token"] as string | undefined);
    const ofCalls = cloud.faults.filter(({ kind }) => kind !== "entry");
    const fault = meetFault(ofCalls, { action, account: account.id, region: scope.region, params: call.params });
    const perform = service.actions[call.action];
    const answerFully = (): Answer => {
      if (!perform) return refuse(refusals.unknownAction(call.action));
      const region = regionOf(account, scope.region, service);
      return answerWith(service, requestId, () => ({
        action: call.action,
        result: perform(call.params, { account, region, callerArn, wallClock: new Date() }),
      }));
    };
    if (!fault) return answerFully();
    if (fault.takesEffect) answerFully();
    if (fault.kind === "hang" || fault.kind === "disconnect") return fault.kind;
    return refuse(refusalOf(fault, service, callerArn, action));
  };

  /** A call to a global service is made in a Region that may not be enabled: it must neither enable it nor leave anything in it. */
  const regionOf = (account: Account, name: string, { isGlobal }: Service): Region =>
    isGlobal ? (account.regions.get(name) ?? createRegion(account, name)) : cloud.region(account.id, name);

  const server = createServer((request, response) => {
    answerCall(request, response).catch((error: unknown) => {
      // A fault of the simulator's own: say so, or a test would look for it in the wrong place.
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
    calls,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
