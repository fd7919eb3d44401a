import { createRegion } from "./cloud.ts";
import { type Fault, takeFault } from "./faults.ts";
import type { Params } from "./params.ts";
import { accountManagement } from "./services/account.ts";
import { cloudTrail } from "./services/cloudtrail.ts";
import { config } from "./services/config.ts";
import { ecs } from "./services/ecs.ts";
import { iam } from "./services/iam.ts";
import { kms } from "./services/kms.ts";
import { lambda } from "./services/lambda.ts";
import { organizations } from "./services/organizations.ts";
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

/** One call, over HTTP or not. */
export type ServiceCall = {
  account: string;
  region: string;
  /** The service in the credential scope, such as `rds` or `secretsmanager`. */
  service: string;
  action: string;
  params: Params;
  /** From `AssumeRole`; error messages name the session. */
  sessionToken?: string | undefined;
};

/** The error of a client that receives no response; its name is the SDK's. */
export class NoResponseError extends Error {
  readonly kind: "hang" | "disconnect";

  constructor(kind: "hang" | "disconnect") {
    super(`The simulator gives no answer: ${kind}`);
    this.name = "TimeoutError";
    this.kind = kind;
  }
}

/** By the service name in the credential scope. */
const services: Readonly<Record<string, Service>> = {
  account: accountManagement,
  cloudtrail: cloudTrail,
  config,
  ecs,
  iam,
  kms,
  lambda,
  organizations,
  rds,
  s3,
  secretsmanager: secretsManager,
  securityhub: securityHub,
  sns,
  sts,
};

/** The service, or one that rejects each call if the simulator does not have it. `isForm`: the request is form-encoded. */
export function serviceNamed(name: string, isForm = false): Service {
  return services[name] ?? unknownService(name, isForm, Object.keys(services));
}

function callerArnOf({ id, partition }: SimulatedAccount, token: string | undefined): string {
  return `arn:${partition}:sts::${id}:assumed-role/${sessionIn(token)?.name ?? "Simulated/session"}`;
}

function errorFor(fault: Fault, { errors }: Service, callerArn: string, action: string): Error {
  switch (fault.kind) {
    case "hang":
    case "disconnect":
      return new NoResponseError(fault.kind);
    case "deny":
      return errors.denied(
        fault.message ??
          `User: ${callerArn} is not authorized to perform: ${action} because no identity-based policy allows the ${action} action`,
      );
    case "throttle":
      return errors.throttled();
    case "expired-token":
      return errors.expiredToken();
    default:
      return new SimulatedError(
        fault.code ?? "InternalFailure",
        fault.message ?? "An internal error occurred",
        fault.status ?? 500,
      );
  }
}

/** The Region of a call. A call to a global service can name a disabled Region and must not enable it. */
function regionOf(account: SimulatedAccount, name: string, { isGlobal }: Service): Region {
  return isGlobal ? (account.regions.get(name) ?? createRegion(account, name)) : account.cloud.region(account.id, name);
}

/** True for a member whose account is not active: AWS does not accept its credentials. */
function isClosed({ id, cloud }: SimulatedAccount): boolean {
  return (cloud.organization?.members.get(id)?.state ?? "ACTIVE") !== "ACTIVE";
}

/** Service control policies apply to every account of an organization but the management account. The one here exempts global services. */
function isDeniedByScp({ id, cloud }: SimulatedAccount, region: string, { isGlobal }: Service): boolean {
  const { organization } = cloud;
  const isMember = organization?.members.has(id) === true && organization.managementAccount !== id;
  return isMember && !isGlobal && organization.deniedRegions.has(region);
}

/** Performs a call or fails it as the faults require. The result shares objects with the cloud. @throws SimulatedError, NoResponseError */
export function performCall(cloud: Cloud, call: ServiceCall, service = serviceNamed(call.service)): object {
  const { region, params } = call;
  const account = cloud.accounts.get(call.account);
  if (!account || isClosed(account) || !(service.isGlobal || account.enabledRegions.has(region)))
    throw service.errors.invalidToken();
  const action = `${call.service}:${service.permissions?.[call.action] ?? call.action}`;
  cloud.calls.push({ account: account.id, region, action });
  const callerArn = callerArnOf(account, call.sessionToken);
  const ofCalls = cloud.faults.filter(({ kind }) => kind !== "entry");
  const fault = takeFault(ofCalls, { action, account: account.id, region, params });

  const wallClock = new Date();
  const session = sessionIn(call.sessionToken);
  const perform = (): object => {
    if (session !== undefined && session.endsAt <= wallClock.getTime()) throw service.errors.expiredToken();
    if (isDeniedByScp(account, region, service))
      throw service.errors.denied(
        `User: ${callerArn} is not authorized to perform: ${action} with an explicit deny in a service control policy`,
      );
    const act = service.actions[call.action];
    if (!act) throw service.errors.unknownAction(call.action);
    return act(params, { account, region: regionOf(account, region, service), callerArn, wallClock });
  };
  if (!fault) return perform();
  try {
    if (fault.takesEffect) perform();
  } catch (error) {
    // The response is lost, an error response too.
    if (!(error instanceof SimulatedError)) throw error;
  }
  throw errorFor(fault, service, callerArn, action);
}

/** Copies a value without its missing fields, as sending it over the wire does. */
function copyOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf);
  if (value instanceof Date) return new Date(value);
  const copy: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value)) if (field != null) copy[name] = copyOf(field);
  return copy;
}

/**
 * Makes one call without HTTP. Takes the SDK's input as `params` (for S3, `RestParams`) and returns the SDK's output.
 * `secondsPerCall` moves the virtual clock.
 * @throws SimulatedError, or NoResponseError if the response is lost
 */
export function callService(cloud: Cloud, call: ServiceCall, { secondsPerCall = 0 } = {}): object {
  if (secondsPerCall > 0) cloud.advance({ seconds: secondsPerCall });
  return copyOf(performCall(cloud, { ...call, params: copyOf(call.params) as Params })) as object;
}
