import { describe, expect, test } from "@jest/globals";
import { readTarget } from "../../lib/collect/read-target.ts";
import { defaultPolicy } from "../../lib/model/default-policy.ts";
import { rules } from "../../rules/index.ts";
import type { Cloud } from "../../simulator/state.ts";
import { auditSimulated, now, region } from "../support/simulated-audit.ts";
import { withSimulatedRegion } from "../support/simulated-region.ts";

const account = "111111111111";
const foreign = "222222222222";

const lock = JSON.stringify({
  Statement: [
    { Sid: "IAM", Effect: "Allow", Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: "kms:*", Resource: "*" },
    { Sid: "Lock", Effect: "Deny", Principal: "*", Action: "kms:*", Resource: "*" },
  ],
});

/** Databases with impaired secrets under one key. */
const impaired =
  (policy: string | undefined, ...identifiers: readonly string[]) =>
  (cloud: Cloud) => {
    const here = cloud.region(account, region);
    const { Arn } = here.addKey({ alias: "alias/shared", ...(policy !== undefined && { policy }) });
    for (const identifier of identifiers)
      here.addInstance({ identifier, managed: { kmsKeyId: Arn, status: "impaired" } });
  };

const keyCalls = (calls: readonly string[]) =>
  calls.filter((call) => /kms:(GetKeyPolicy|ListGrants)/.test(call)).map((call) => call.split(" ")[1]);
const messagesOf = async (fleet: (cloud: Cloud) => void) => {
  const audited = await auditSimulated({ fleet });
  const own = audited.report.findings.filter(({ rule }) => rule === "secret-not-impaired");
  return { ...audited, own };
};

describe("the policy and the grants of a key", () => {
  test("are read once for all the impaired secrets that it encrypts, and name the statement in the way", async () => {
    const { calls, own } = await messagesOf(impaired(lock, "orders", "shop", "search"));
    expect(keyCalls(calls).sort()).toEqual(["kms:GetKeyPolicy", "kms:ListGrants"]);
    expect(own.map(({ message }) => message)).toEqual(
      Array(3).fill(
        expect.stringMatching(
          /is closed to RDS: statement "Lock" of its policy denies RDS kms:Decrypt and kms:GenerateDataKey\.$/,
        ),
      ),
    );
  });

  test("are not read for healthy secrets, for the key of AWS, or for the key of another account", async () => {
    const { calls, own } = await messagesOf((cloud) => {
      const here = cloud.region(account, region);
      here.addInstance({ identifier: "orders", managed: { kmsKeyId: here.addKey({ policy: lock }).Arn } });
      here.addInstance({ identifier: "aws", managed: { status: "impaired" } });
      const { Arn } = cloud.region(foreign, region).addKey({ policy: lock });
      here.addInstance({ identifier: "shared", managed: { kmsKeyId: Arn, status: "impaired" } });
    });
    expect(keyCalls(calls)).toEqual([]);
    expect(own.map(({ resource, message }) => [resource.identifier, message])).toEqual([
      ["aws", expect.stringMatching(/and no cause is visible\.$/)],
      ["shared", expect.stringMatching(/could not be read \(KMS shows it only to the key's own account\)\.$/)],
    ]);
  });

  test("are read for both keys, if Secrets Manager names another than RDS", async () => {
    const { calls, own } = await messagesOf((cloud) => {
      const here = cloud.region(account, region);
      const [ofRds, other] = [here.addKey(), here.addKey({ policy: lock })];
      here.addInstance({
        identifier: "orders",
        managed: { kmsKeyId: ofRds.Arn, KmsKeyId: other.Arn, status: "impaired" },
      });
    });
    expect(keyCalls(calls)).toHaveLength(4);
    expect(own[0]?.message).toContain('statement "Lock"');
  });

  test.each([
    ["kms:GetKeyPolicy", /could not be read \(kms:GetKeyPolicy failed with AccessDeniedException\)\.$/],
    ["kms:ListGrants", /may be closed to RDS: no statement .+, and whether a grant does cannot be determined\.$/],
  ])("that are denied (%s) are a gap, and the cause is not claimed", async (action, message) => {
    const { report, own } = await messagesOf((cloud) => {
      impaired('{"Statement":[]}', "orders")(cloud);
      cloud.fault({ action, kind: "deny" });
    });
    expect(report.coverage).toMatchObject({ complete: false, gaps: [{ action, code: "AccessDeniedException" }] });
    expect(own.map((finding) => finding.message)).toEqual([expect.stringMatching(message)]);
  });
});

test("the grants of a key are read to their last page", async () => {
  await withSimulatedRegion(async ({ here, port, calls }) => {
    const key = here.addKey({ policy: JSON.stringify({ Statement: [] }) });
    const grant = (index: number, GranteePrincipal: string) => ({
      ...{ KeyId: key.Arn, GrantId: String(index), CreationDate: new Date(now), IssuingAccount: account },
      ...{ GranteePrincipal, Operations: ["Decrypt", "GenerateDataKey"] },
    });
    const role = `arn:aws:iam::${account}:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS`;
    const others = Array.from({ length: 220 }, (_, index) => grant(index, `arn:aws:iam::${account}:role/app-${index}`));
    here.keyGrants.set(key.KeyId, [...others, grant(220, role)]);
    here.addInstance({ identifier: "orders", managed: { kmsKeyId: key.Arn, status: "impaired" } });
    const target = await readTarget(port, { policy: defaultPolicy, rules, now });
    expect(calls()["kms:ListGrants"]).toBe(3);
    expect(target.gaps).toEqual([]);
    expect(target.keyGrants[0]?.grants).toHaveLength(221);
    expect(target.keyGrants[0]?.grants.at(-1)).toEqual({
      grantee: role,
      operations: ["Decrypt", "GenerateDataKey"],
      isConstrained: false,
    });
  });
});
