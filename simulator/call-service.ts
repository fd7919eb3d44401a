import { createRegion } from "./cloud.ts";
import { type Fault, meetFault } from "./faults.ts";
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
import type { Cloud, Region, SimulatedAccount } from "./state.ts";

/** One call, whichever way it comes in. */
export type ServiceCall = {
  account: string;
  region: string;
  /** The name that requests are signed for, as in `rds` and `secretsmanager`. */
  service: string;
  action: string;
  params: Params;
  /** Of `AssumeRole`; refusals name the session. */
  sessionToken?: string | undefined;
};

/** What a client meets that waits for an answer in vain; named as the SDK names it. */
export class NoAnswerError extends Error {
  readonly kind: "hang" | "disconnect";

  constructor(kind: "hang" | "disconnect") {
    super(`The simulator gives no answer: ${kind}`);
    this.name = "TimeoutError";
    this.kind = kind;
  }
}

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

/** The service, or one that says that the simulator has it not; `isForm` is how the client speaks to it. */
export function serviceNamed(name: string, isForm = false): Service {
  return services[name] ?? unknownService(name, isForm, Object.keys(services));
}

function callerArnOf({ id, partition }: SimulatedAccount, token: string | undefined): string {
  return `arn:${partition}:sts::${id}:assumed-role/${sessionIn(token) ?? "Simulated/session"}`;
}

function refusalOf(fault: Fault, { refusals }: Service, callerArn: string, action: string): Error {
  switch (fault.kind) {
    case "hang":
    case "disconnect":
      return new NoAnswerError(fault.kind);
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

/** A call to a global service is made in a Region that may not be enabled: it must neither enable it nor leave anything in it. */
function regionOf(account: SimulatedAccount, name: string, { isGlobal }: Service): Region {
  return isGlobal ? (account.regions.get(name) ?? createRegion(account, name)) : account.cloud.region(account.id, name);
}

/** Does what a call asks for, or fails as the cloud's faults have it; what is answered is part of the cloud. @throws SimulatedError, NoAnswerError */
export function answerCall(cloud: Cloud, call: ServiceCall, service = serviceNamed(call.service)): object {
  const { region, params } = call;
  const account = cloud.accounts.get(call.account);
  if (!account || !(service.isGlobal || account.enabledRegions.has(region))) throw service.refusals.invalidToken();
  const action = `${call.service}:${service.permissions?.[call.action] ?? call.action}`;
  cloud.calls.push({ account: account.id, region, action });
  const callerArn = callerArnOf(account, call.sessionToken);
  const ofCalls = cloud.faults.filter(({ kind }) => kind !== "entry");
  const fault = meetFault(ofCalls, { action, account: account.id, region, params });

  const perform = (): object => {
    const act = service.actions[call.action];
    if (!act) throw service.refusals.unknownAction(call.action);
    return act(params, { account, region: regionOf(account, region, service), callerArn, wallClock: new Date() });
  };
  if (!fault) return perform();
  try {
    if (fault.takesEffect) perform();
  } catch (error) {
    // An answer that is lost says nothing of a refusal either.
    if (!(error instanceof SimulatedError)) throw error;
  }
  throw refusalOf(fault, service, callerArn, action);
}

// Looked up once: where a test has globals of its own, each look takes longer than the copying.
const { isArray } = Array;
const { entries, fromEntries } = Object;
const Instant = Date;

/** A copy without what is missing: what goes over a wire does not change any more, and says nothing of absent fields. */
function copyOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (isArray(value)) return value.map(copyOf);
  if (value instanceof Instant) return new Instant(value);
  return fromEntries(
    entries(value).flatMap(([name, field]) => (field == null ? [] : [[name, copyOf(field)] as const])),
  );
}

/**
 * Makes one call without HTTP, with the SDK's input as `params` (but for S3, whose calls are made of HTTP), and gives the SDK's output.
 * `secondsPerCall` is how far the call moves the clock.
 * @throws SimulatedError, or an error called `TimeoutError` where the answer is lost
 */
export function callService(cloud: Cloud, call: ServiceCall, { secondsPerCall = 0 } = {}): object {
  if (secondsPerCall > 0) cloud.advance({ seconds: secondsPerCall });
  return copyOf(answerCall(cloud, { ...call, params: copyOf(call.params) as Params })) as object;
}
