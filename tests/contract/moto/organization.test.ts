import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CloseAccountCommand,
  CreateAccountCommand,
  CreateOrganizationalUnitCommand,
  CreateOrganizationCommand,
  ListRootsCommand,
  MoveAccountCommand,
  OrganizationsClient,
} from "@aws-sdk/client-organizations";
import { CreateDBInstanceCommand, RDSClient } from "@aws-sdk/client-rds";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { openOrganization } from "../../../lib/aws/open-organization.ts";
import { parsePolicy } from "../../../lib/model/policy.ts";
import { type Report, reportSchema } from "../../../lib/model/report.ts";
import { findExclusion } from "../../../lib/organization/find-exclusion.ts";
import { type Front, startFront } from "../../support/front.ts";
import { type Emulator, account as management, region, startMoto } from "../emulators.ts";
import { runCli } from "./programs.ts";
import { describeWith } from "./when-installed.ts";

const externalId = "7c1f5e0a-2f7e";

describeWith(["moto_server"], "audit --organization on moto: 12 accounts", () => {
  let emulator: Emulator;
  let front: Front;
  let folder: string;
  /** The 11 members by number; the management account is the twelfth. */
  let members: string[];

  beforeAll(async () => {
    emulator = await startMoto();
    const { endpoint } = await emulator.open();
    const settings = { endpoint, region, maxAttempts: 1 };
    const credentials = { accessKeyId: management, secretAccessKey: "not-verified" };
    const organizations = new OrganizationsClient({ ...settings, credentials });
    await organizations.send(new CreateOrganizationCommand({ FeatureSet: "ALL" }));
    members = [];
    for (let number = 0; number < 11; number += 1) {
      const command = new CreateAccountCommand({ AccountName: `account-${number}`, Email: `a${number}@example.com` });
      const { CreateAccountStatus } = await organizations.send(command);
      members.push(CreateAccountStatus?.AccountId ?? "");
    }
    const { Roots: [root] = [] } = await organizations.send(new ListRootsCommand({}));
    const unit = await organizations.send(
      new CreateOrganizationalUnitCommand({ ParentId: root?.Id ?? "", Name: "Sandboxes" }),
    );
    const unitId = unit.OrganizationalUnit?.Id ?? "";
    await organizations.send(
      new MoveAccountCommand({ AccountId: members[2], SourceParentId: root?.Id, DestinationParentId: unitId }),
    );
    await fill(settings, credentials);
    for (const [number, id] of members.entries()) {
      const sts = new STSClient({ ...settings, credentials });
      const role = { RoleArn: `arn:aws:iam::${id}:role/filler`, RoleSessionName: "filler" };
      const { Credentials } = await sts.send(new AssumeRoleCommand(role));
      await fill(
        settings,
        {
          accessKeyId: Credentials?.AccessKeyId ?? "",
          secretAccessKey: Credentials?.SecretAccessKey ?? "",
          sessionToken: Credentials?.SessionToken ?? "",
        },
        number % 2 === 0,
      );
      sts.destroy();
    }
    await organizations.send(new CloseAccountCommand({ AccountId: members[0] }));
    organizations.destroy();

    // moto lets every role be assumed. AWS refuses one that does not exist, and one without the right external ID.
    front = await startFront({
      backend: endpoint,
      answer: ({ operation, body }) => {
        if (operation !== "AssumeRole") return null;
        const fields = new URLSearchParams(body);
        const hasRole = !fields.get("RoleArn")?.includes(members[1] ?? "none");
        if (hasRole && fields.get("ExternalId") === externalId) return null;
        const message = `User: x is not authorized to perform: sts:AssumeRole on resource: ${fields.get("RoleArn")}`;
        const error = `<Error><Type>Sender</Type><Code>AccessDenied</Code><Message>${message}</Message></Error>`;
        return {
          status: 403,
          headers: { "content-type": "text/xml" },
          body: `<ErrorResponse>${error}</ErrorResponse>`,
        };
      },
    });
    folder = mkdtempSync(join(tmpdir(), "moto-organization-"));
    writeFileSync(
      join(folder, "policy.yaml"),
      `organization:
  externalId: ${externalId}
  excludedUnits: [{ unit: ${unitId}, reason: Sandboxes hold no data }]
`,
    );
  }, 180_000);

  afterAll(async () => {
    await front?.close();
    await emulator?.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  /** Creates one database, managed or not. */
  async function fill(
    settings: { endpoint: string; region: string; maxAttempts: number },
    credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string },
    isManaged = true,
  ): Promise<void> {
    const rds = new RDSClient({ ...settings, credentials });
    await rds.send(
      new CreateDBInstanceCommand({
        DBInstanceIdentifier: isManaged ? "managed" : "legacy",
        ...{ Engine: "postgres", DBInstanceClass: "db.m6g.large", AllocatedStorage: 20, MasterUsername: "master" },
        ...(isManaged ? { ManageMasterUserPassword: true } : { MasterUserPassword: "not-a-secret-1" }),
      }),
    );
    rds.destroy();
  }

  const audit = async (...args: string[]) => {
    const policy = join(folder, "policy.yaml");
    const ended = await runCli(
      ["audit", "--organization", "--region", region, "--policy", policy, "--format", "json", ...args],
      front.endpoint,
    );
    return { ...ended, report: reportSchema.parse(JSON.parse(ended.stdout)) };
  };

  const verdicts = ({ findings }: Report) =>
    findings.map(({ account, rule, status }) => `${account} ${rule} ${status}`).sort();

  test("every verdict is right, and the outcomes add up to what was expected", async () => {
    const { status, report } = await audit();
    expect(status).toBe(1);
    // moto's managed secrets do not rotate.
    const expected = members.slice(3).map((id, index) => {
      const rule = (index + 3) % 2 === 0 ? "rotation-enabled" : "master-password-managed";
      return `${id} ${rule} NON_COMPLIANT`;
    });
    expect(verdicts(report)).toEqual([`${management} rotation-enabled NON_COMPLIANT`, ...expected].sort());
    expect(report.coverage.counts).toEqual({
      ...{ expected: 12, seen: 9, gap: 1, deniedByScp: 0, regionNotEnabled: 0, accountNotActive: 1, excluded: 1 },
    });
    expect(report.coverage.notSeen.map((one) => [one.accountName, one.outcome, one.reason]).sort()).toEqual([
      ["account-0", "account-not-active", "SUSPENDED"],
      ["account-1", "gap", expect.stringContaining(`arn:aws:iam::${members[1]}:role/rds-password-audit-member`)],
      ["account-2", "excluded", "Sandboxes hold no data"],
    ]);
  });

  test("exits with 3 if only coverage is missing", async () => {
    expect((await audit("--fail-on", "critical")).status).toBe(3);
  });

  test("an event's account is found: closed, in an excluded unit, read, or not in the organization", async () => {
    const policy = parsePolicy(readFileSync(join(folder, "policy.yaml"), "utf8"), "policy.yaml", []);
    const credentials = { accessKeyId: management, secretAccessKey: "not-verified" };
    const organization = await openOrganization({ endpoint: front.endpoint, region, credentials });
    const find = (account = "") => findExclusion({ account, region }, organization, policy);
    try {
      expect([await find(members[0]), await find(members[2]), await find(members[3])]).toEqual([
        "SUSPENDED",
        "Sandboxes hold no data",
        null,
      ]);
      await expect(find("777777777777")).rejects.toThrow("account 777777777777, which is not in the organization");
    } finally {
      organization.close();
    }
  });
});
