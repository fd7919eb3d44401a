import { describe, expect, test } from "@jest/globals";
import { actionNames } from "../../lib/model/action.ts";
import type { SimulationRequest } from "../../lib/model/preflight.ts";
import { listPermissionNeeds } from "../../lib/preflight/permission-needs.ts";
import {
  findPrincipal,
  type SimulatedDecision,
  type SimulationPort,
  simulateNeeds,
} from "../../lib/preflight/simulation.ts";
import { canTry } from "../../lib/preflight/try-reads.ts";
import { rules } from "../../rules/index.ts";

const account = "111111111111";
const role = `arn:aws:iam::${account}:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Audit_0123456789abcdef`;
const needs = listPermissionNeeds(rules, actionNames);

function aPort(decide: (action: string) => Partial<SimulatedDecision> = () => ({})) {
  const requests: SimulationRequest[] = [];
  const port: SimulationPort = {
    findRole: async (name) => (role.endsWith(`/${name}`) ? role : null),
    simulate: async (request) => {
      requests.push(request);
      return request.actions.map((action) => ({
        action,
        decision: "allowed",
        missingContext: [],
        isInBoundary: null,
        isInServiceControlPolicies: null,
        ...decide(action),
      }));
    },
  };
  return { port, requests };
}

const input = { account, region: "eu-west-1", partition: "aws", principalArn: role, hasKeys: false };

describe("the principal to simulate", () => {
  test("an IAM user is its own principal", async () => {
    const user = `arn:aws:iam::${account}:user/team/ann`;
    expect(await findPrincipal(user, aPort().port)).toBe(user);
  });

  test("a session is its role's, with the path that the session's ARN does not have", async () => {
    const session = `arn:aws:sts::${account}:assumed-role/AWSReservedSSO_Audit_0123456789abcdef/ann@example.com`;
    expect(await findPrincipal(session, aPort().port)).toBe(role);
  });

  test.each([`arn:aws:iam::${account}:root`, `arn:aws:sts::${account}:federated-user/ann`])(
    "%s cannot be simulated",
    async (caller) => {
      await expect(findPrincipal(caller, aPort().port)).rejects.toThrow(/neither/);
    },
  );
});

describe("a simulation", () => {
  const changes = needs.filter(({ action }) => !canTry(action, { triedKeys: ["key"] }));

  test("asks about all databases, secrets and keys of the Region, and turns management on and off", async () => {
    const { port, requests } = aPort();
    await simulateNeeds(changes, input, port);
    const ofModify = requests.filter(({ actions }) => actions.includes("rds:ModifyDBCluster"));
    expect(ofModify.map(({ resourceArn, context }) => [resourceArn, context["rds:ManageMasterUserPassword"]])).toEqual([
      [`arn:aws:rds:eu-west-1:${account}:cluster:*`, true],
      [`arn:aws:rds:eu-west-1:${account}:cluster:*`, false],
    ]);
    expect(requests.every(({ context }) => context["aws:RequestedRegion"] === "eu-west-1")).toBe(true);
    expect(requests.find(({ actions }) => actions.includes("secretsmanager:RotateSecret"))?.resourceArn).toBe(
      `arn:aws:secretsmanager:eu-west-1:${account}:secret:rds!*`,
    );
  });

  test("a denial that depends on a tag cannot be told", async () => {
    const { port } = aPort(() => ({ decision: "implicitDeny", missingContext: ["aws:ResourceTag/stage"] }));
    const outcomes = await simulateNeeds(changes, input, port);
    expect([...outcomes.values()].map(({ status }) => status)).toEqual(changes.map(() => "unknown"));
    expect(outcomes.get("rds:ModifyDBInstance")?.reason).toContain("aws:ResourceTag/stage");
  });

  test("an action that is missing in IAM's answer, or a decision that is not known, cannot be told", async () => {
    const silent: SimulationPort = { ...aPort().port, simulate: async () => [] };
    const odd = aPort(() => ({ decision: "maybe" })).port;
    for (const port of [silent, odd]) {
      const outcomes = await simulateNeeds(changes, input, port);
      expect(new Set([...outcomes.values()].map(({ status }) => status))).toEqual(new Set(["unknown"]));
    }
  });

  test("a boundary that does not allow it is named", async () => {
    const { port } = aPort(() => ({ decision: "implicitDeny", isInBoundary: false }));
    expect((await simulateNeeds(changes, input, port)).get("rds:ModifyDBInstance")).toMatchObject({
      status: "lack",
      deniedBy: { kind: "permissions boundary", isExplicit: false },
    });
  });
});

test("every action that an audit or a repair reads with is tried with a call", () => {
  const reads = needs.map(({ action }) => action).filter((action) => /:(Describe|List|Get)/.test(action));
  const accountWide = ["account:ListRegions", "sts:GetCallerIdentity"];
  expect(reads.filter((action) => !(canTry(action, { triedKeys: ["key"] }) || accountWide.includes(action)))).toEqual(
    [],
  );
});
