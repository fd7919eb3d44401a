import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { assembleReport } from "../../lib/audit/assemble-report.ts";
import { compareReports } from "../../lib/audit/compare-reports.ts";
import { createAccount } from "../../lib/aws/create-account.ts";
import { takeInventory } from "../../lib/collect/take-inventory.ts";
import { defaultPolicy } from "../../lib/model/default-policy.ts";
import type { Inventory } from "../../lib/model/inventory.ts";
import type { Report } from "../../lib/model/report.ts";
import { rules } from "../../rules/index.ts";
import { createCloud } from "../../simulator/cloud.ts";
import { startSimulator } from "../../simulator/server.ts";
import { now } from "../support/builders.ts";
import { startFront, type WireAnswer, type WireRequest } from "../support/front.ts";

const healthy = "222222222222";
const region = "eu-west-1";

type Operation = {
  /** The IAM action that a gap names. */
  readonly action: string;
  /** Whether AWS answers it page by page. */
  readonly isList?: true;
  /** The kinds of databases that are not seen without it. */
  readonly hides?: readonly string[];
};

const all = ["instance", "cluster", "tenant-database"] as const;

/** Every operation that an audit calls. */
const operations: Readonly<Record<string, Operation>> = {
  GetCallerIdentity: { action: "sts:GetCallerIdentity", hides: all },
  ListRegions: { action: "account:ListRegions", isList: true, hides: all },
  DescribeDBInstances: { action: "rds:DescribeDBInstances", isList: true, hides: ["instance", "tenant-database"] },
  DescribeDBClusters: { action: "rds:DescribeDBClusters", isList: true, hides: ["cluster"] },
  DescribeTenantDatabases: { action: "rds:DescribeTenantDatabases", isList: true, hides: ["tenant-database"] },
  DescribeGlobalClusters: { action: "rds:DescribeGlobalClusters", isList: true },
  DescribeBlueGreenDeployments: { action: "rds:DescribeBlueGreenDeployments", isList: true },
  ListSecrets: { action: "secretsmanager:ListSecrets", isList: true },
  DescribeEvents: { action: "rds:DescribeEvents", isList: true },
  DescribeSecret: { action: "secretsmanager:DescribeSecret" },
  GetResourcePolicy: { action: "secretsmanager:GetResourcePolicy" },
  DescribeKey: { action: "kms:DescribeKey" },
  GetKeyPolicy: { action: "kms:GetKeyPolicy" },
  ListGrants: { action: "kms:ListGrants", isList: true },
};

/** One account for each operation, in which that operation fails. */
const accounts = new Map(Object.keys(operations).map((name, index) => [name, String(100000000001 + index)]));

const isXml = (answer: WireAnswer) => answer.body.trimStart().startsWith("<");
const withBody = (answer: WireAnswer, body: string): WireAnswer => ({ ...answer, status: 200, body });

function refusal(answer: WireAnswer, status: number, code: string): WireAnswer {
  const body = isXml(answer)
    ? `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>broken</Message></Error></ErrorResponse>`
    : JSON.stringify({ __type: code, message: "broken" });
  return { ...answer, status, body };
}

/** A token that leads to the page itself, as Secrets Manager and as KMS call it. */
const endless = { NextToken: "again", NextMarker: "again", Truncated: true };

const firstPages = new Map<string, WireAnswer>();

/** What is made of a good answer; null where the fault does not apply. "no answer" is made by the front itself. */
const faults: Readonly<Record<string, (answer: WireAnswer, name: string, operation: Operation) => WireAnswer | null>> =
  {
    "an empty body": (answer) => withBody(answer, ""),
    "a page of HTML": (answer) => withBody(answer, "<!DOCTYPE html><html><body><h1>Log in</h1></body></html>"),
    "another root": (answer) => withBody(answer, isXml(answer) ? "<root/>" : '{"root":{}}'),
    "no result": (answer, name) =>
      withBody(answer, isXml(answer) ? `<${name}Response><${name}Result></${name}Result></${name}Response>` : "{}"),
    "a truncated body": (answer) => withBody(answer, answer.body.slice(0, Math.floor(answer.body.length / 2))),
    "a 500": (answer) => refusal(answer, 500, "InternalFailure"),
    throttling: (answer) => refusal(answer, 400, isXml(answer) ? "Throttling" : "ThrottlingException"),
    "a denial": (answer) => refusal(answer, 403, isXml(answer) ? "AccessDenied" : "AccessDeniedException"),
    "no answer": () => null,
    "a page token that repeats": (answer, name, { isList }) => {
      if (isList !== true) return null;
      // The emulator refuses a token that is not its own: the second page is the first again.
      const page = answer.status === 200 ? answer : (firstPages.get(name) ?? answer);
      firstPages.set(name, page);
      if (!isXml(page)) return withBody(page, JSON.stringify({ ...JSON.parse(page.body), ...endless }));
      return withBody(page, page.body.replace(`</${name}Result>`, `<Marker>again</Marker></${name}Result>`));
    },
    "an error with status 200": (answer) => refusal(answer, 200, "InternalFailure"),
  };

const cases = Object.entries(operations).flatMap(([name, operation]) =>
  Object.keys(faults)
    .filter((fault) => operation.isList === true || fault !== "a page token that repeats")
    .map((fault) => [name, fault] as const),
);

/** Databases of every kind, so that an audit calls every operation. */
function addFleet(cloud: ReturnType<typeof createCloud>, account: string): void {
  const here = cloud.region(account, region);
  here.addInstance({ identifier: "legacy" });
  const key = here.addKey({ alias: "alias/secrets" });
  here.addInstance({ identifier: "orders", managed: { kmsKeyId: key.Arn } });
  here.addInstance({ identifier: "failing", managed: { kmsKeyId: key.Arn, status: "impaired" } });
  here.addInstance({ identifier: "late", managed: { NextRotationDate: new Date("2026-11-01T00:00:00.000Z") } });
  here.addCluster({ identifier: "shop", engine: "aurora-postgresql", members: 2 });
  const writer = here.addCluster({ identifier: "world", engine: "aurora-mysql", members: 1 });
  here.addGlobalCluster({ identifier: "planet", writer, isNamedByMembers: false });
  here.addInstance({ identifier: "container", engine: "oracle-ee-cdb", MultiTenant: true });
  here.addTenantDatabase({ instance: "container", name: "TENANT" });
  here.addInstance({ identifier: "moving" });
  here.addBlueGreenDeployment({ source: "moving", status: "AVAILABLE" });
}

function nameOf({ operation, path }: WireRequest): string {
  return operation === "" && /listRegions/i.test(path) ? "ListRegions" : operation;
}

let backend: Awaited<ReturnType<typeof startSimulator>>;
let front: Awaited<ReturnType<typeof startFront>>;
let current: string | null = null;
const called = new Set<string>();

/** The operation that fails in the account of a request, if it is the one that is requested. */
function failingIn(request: WireRequest): Operation | null {
  const name = nameOf(request);
  const isOfAccount = String(request.headers.authorization).includes(`Credential=${accounts.get(name)}/`);
  return current !== null && isOfAccount ? (operations[name] ?? null) : null;
}

/** Audits all accounts at once; `fault` is how one operation fails in each. */
async function observe(fault: string | null): Promise<Inventory> {
  current = fault;
  return takeInventory({
    accounts: [...accounts.values(), healthy].map((id) =>
      createAccount({
        name: id,
        endpoint: front.endpoint,
        credentials: { accessKeyId: id, secretAccessKey: "simulated" },
        maxAttempts: 1,
        requestTimeoutSeconds: fault === "no answer" && id !== healthy ? 4 : 30,
      }),
    ),
    ...{ regions: "all" as const, policy: defaultPolicy, rules, now },
  });
}

/** The report of one account. */
function reportOf(inventory: Inventory, id: string): Report {
  const ofAccount = ({ account }: { readonly account: string }) => account === id;
  return assembleReport(
    { ...inventory, targets: inventory.targets.filter(ofAccount), gaps: inventory.gaps.filter(ofAccount) },
    { policy: defaultPolicy, rules, generatedAt: now, version: "0.0.0" },
  );
}

beforeAll(async () => {
  const cloud = createCloud({ now: new Date(now) });
  for (const account of [...accounts.values(), healthy]) {
    cloud.account(account, { regions: [region] });
    addFleet(cloud, account);
  }
  backend = await startSimulator(cloud);
  front = await startFront({
    backend: backend.endpoint,
    answer: (request) => (failingIn(request) !== null && current === "no answer" ? "hang" : null),
    change: (answer, request) => {
      called.add(nameOf(request));
      const operation = failingIn(request);
      return operation === null ? answer : (faults[current ?? ""]?.(answer, nameOf(request), operation) ?? answer);
    },
  });
});

afterAll(async () => {
  await front.close();
  await backend.close();
});

describe("an answer that carries no result is a failed call", () => {
  let baseline: Inventory;

  beforeAll(async () => {
    baseline = await observe(null);
  }, 60_000);

  test("without a fault everything is seen, by all of these operations", () => {
    for (const id of [...accounts.values(), healthy])
      expect(reportOf(baseline, id).coverage).toMatchObject({ complete: true, gaps: [] });
    expect([...called].sort()).toEqual(Object.keys(operations).sort());
  });

  describe.each(Object.keys(faults))("%s", (fault) => {
    let inventory: Inventory;

    beforeAll(async () => {
      inventory = await observe(fault);
    }, 60_000);

    test.each(cases.filter(([, of]) => of === fault).map(([name]) => name))(
      "%s: not clean, the gap is named, nothing is resolved, the rest is judged",
      (name) => {
        const { action, hides = [] } = operations[name] as Operation;
        const id = accounts.get(name) ?? "";
        const report = reportOf(inventory, id);
        expect(report).toMatchObject({ clean: false, coverage: { complete: false } });
        expect(report.coverage.gaps).toContainEqual(expect.objectContaining({ account: id, action }));
        const { changes } = compareReports(reportOf(baseline, id).findings, report);
        expect(changes.filter(({ type }) => type === "finding.resolved")).toEqual([]);
        const kinds = new Set(report.databases.map(({ kind }) => kind));
        for (const kind of all) if (!hides.includes(kind)) expect(kinds).toContain(kind);
      },
    );

    test("other accounts are judged as before", () => {
      expect(reportOf(inventory, healthy)).toEqual(reportOf(baseline, healthy));
    });
  });
});
