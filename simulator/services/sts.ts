import { type Params, textIn } from "../params.ts";
import { queryXml } from "../protocol/query-xml.ts";
import { SimulatedError } from "../simulated-error.ts";
import { queryErrors } from "./errors.ts";
import type { CallContext, Service } from "./service.ts";

/** Encodes the session in its token, so that the simulator stores no sessions. */
function sessionTokenOf(role: string, session: string): string {
  return `simulated-${Buffer.from(`${role}/${session}`).toString("base64url")}`;
}

/** `Role/session` of a token from AssumeRole; undefined for other tokens. */
export function sessionIn(token: string | undefined): string | undefined {
  return token?.startsWith("simulated-") ? Buffer.from(token.slice(10), "base64url").toString() : undefined;
}

function assumeRole(params: Params, { account, callerArn, wallClock }: CallContext): object {
  const roleArn = textIn(params, "RoleArn") ?? "";
  const session = textIn(params, "RoleSessionName") ?? "";
  const [, , , , id = "", resource = ""] = roleArn.split(":");
  const role = resource.split("/").at(-1) ?? "";
  const target = account.cloud.accounts.get(id);
  if (!resource.startsWith("role/") || !target || (target.roles && !target.roles.includes(role)))
    throw new SimulatedError(
      "AccessDenied",
      `User: ${callerArn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`,
      403,
    );
  const seconds = Number(textIn(params, "DurationSeconds") ?? 3600);
  return {
    Credentials: {
      AccessKeyId: target.id,
      SecretAccessKey: "not-verified",
      SessionToken: sessionTokenOf(role, session),
      Expiration: new Date(wallClock.getTime() + 1000 * seconds),
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
