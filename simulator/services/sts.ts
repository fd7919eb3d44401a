import { type Params, textIn } from "../params.ts";
import { queryXml } from "../protocol/query-xml.ts";
import { SimulatedError } from "../simulated-error.ts";
import type { SimulatedAccount } from "../state.ts";
import { queryErrors } from "./errors.ts";
import type { CallContext, Service } from "./service.ts";

/** Encodes the session and its end in its token, so that the simulator stores no sessions. */
function sessionTokenOf(role: string, session: string, endsAt: Date): string {
  return `simulated-${Buffer.from(`${role}/${session} ${endsAt.getTime()}`).toString("base64url")}`;
}

/** `Role/session` of a token from AssumeRole, and when it ends; undefined for other tokens. */
export function sessionIn(token: string | undefined): { name: string; endsAt: number } | undefined {
  if (!token?.startsWith("simulated-")) return undefined;
  const [name = "", endsAt] = Buffer.from(token.slice(10), "base64url").toString().split(" ");
  return { name, endsAt: Number(endsAt) };
}

/** True if the account lets the role be assumed: it is open, it has the role, and the external ID is the required one. */
function isAssumable(target: SimulatedAccount, role: string, externalId: string | undefined): boolean {
  const { state = "ACTIVE" } = target.cloud.organization?.members.get(target.id) ?? {};
  const hasRole = !target.roles || target.roles.includes(role);
  return state === "ACTIVE" && hasRole && (target.externalId ?? externalId) === externalId;
}

function assumeRole(params: Params, { account, callerArn, wallClock }: CallContext): object {
  const roleArn = textIn(params, "RoleArn") ?? "";
  const session = textIn(params, "RoleSessionName") ?? "";
  const [, , , , id = "", resource = ""] = roleArn.split(":");
  const role = resource.split("/").at(-1) ?? "";
  const target = account.cloud.accounts.get(id);
  if (!resource.startsWith("role/") || !target || !isAssumable(target, role, textIn(params, "ExternalId")))
    throw new SimulatedError(
      "AccessDenied",
      `User: ${callerArn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`,
      403,
    );
  const seconds = Number(textIn(params, "DurationSeconds") ?? target.cloud.timing.sessionSeconds);
  const endsAt = new Date(wallClock.getTime() + 1000 * seconds);
  return {
    Credentials: {
      AccessKeyId: target.id,
      SecretAccessKey: "not-verified",
      SessionToken: sessionTokenOf(role, session, endsAt),
      Expiration: endsAt,
    },
    AssumedRoleUser: {
      AssumedRoleId: `AROASIMULATED${id.slice(0, 8)}:${session}`,
      Arn: `arn:${target.partition}:sts::${id}:assumed-role/${role}/${session}`,
    },
  };
}

/** AWS STS. The access key id is the account id. */
export const sts: Service = {
  protocol: queryXml("https://sts.amazonaws.com/doc/2011-06-15/"),
  errors: queryErrors("2011-06-15"),
  isGlobal: true,
  actions: {
    GetCallerIdentity: (_params, { account, callerArn }) => ({
      UserId: `AROASIMULATED${account.id.slice(0, 8)}:${callerArn.split("/").at(-1)}`,
      Account: account.id,
      Arn: callerArn,
    }),
    AssumeRole: assumeRole,
  },
};
