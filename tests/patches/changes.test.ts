import { describe, expect, test } from "@jest/globals";
import { findChange } from "../../lib/patches/changes.ts";
import { type PatchTarget, placeholders, tools } from "../../lib/patches/patch.ts";
import { passwordRule } from "../../lib/prevent/templates/password-rule.ts";
import { rules } from "../../rules/index.ts";

const violations = [...rules, passwordRule].flatMap((rule) =>
  Object.entries(rule.messages).flatMap(([id, { status }]) =>
    status === "NON_COMPLIANT" ? [[rule.id, id] as const] : [],
  ),
);
const kinds: readonly PatchTarget["kind"][] = ["instance", "cluster", "tenant-database"];
const key = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";

describe("every violation of every rule has a change, or says why not", () => {
  test.each(violations)("%s: %s", (rule, messageId) => {
    const change = findChange(rule, messageId);
    if (change === null) throw new Error("it has none");
    for (const tool of tools)
      for (const kind of kinds) {
        const { steps, none } = change[tool]({ ...placeholders, kind, key });
        expect(steps.length > 0).toBe(none === null);
        for (const sentence of [...steps.map(({ what }) => what), ...(none === null ? [] : [none])])
          expect(sentence).toMatch(/^[A-Z].*[.:]$/);
      }
  });

  test("a pass and what could not be evaluated have none", () => {
    for (const rule of [...rules, passwordRule])
      for (const [id, { status }] of Object.entries(rule.messages))
        if (status !== "NON_COMPLIANT") expect([rule.id, id, findChange(rule.id, id)]).toEqual([rule.id, id, null]);
  });

  test("the AWS CLI can make every change", () => {
    for (const [rule, messageId] of violations)
      for (const kind of kinds) {
        const patch = findChange(rule, messageId)?.["aws-cli"]({ ...placeholders, kind });
        expect(patch?.steps.some(({ code }) => code?.startsWith("aws "))).toBe(true);
      }
  });
});

const codeOf = (rule: string, messageId: string, tool: (typeof tools)[number], target: Partial<PatchTarget> = {}) =>
  findChange(rule, messageId)
    ?.[tool]({ ...placeholders, ...target })
    .steps.flatMap(({ code }) => code ?? []) ?? [];

describe("the settings of each tool", () => {
  test("management of an instance and of a cluster, with a key and without", () => {
    const lines = (tool: (typeof tools)[number], target: Partial<PatchTarget>) =>
      codeOf("master-password-managed", "unmanaged", tool, target).join("\n");
    expect(lines("cloudformation", {})).toContain("ManageMasterUserPassword: true # instead of MasterUserPassword");
    expect(lines("cloudformation", {})).not.toContain("KmsKeyId");
    expect(lines("cloudformation", { key })).toContain(`MasterUserSecret:\n  KmsKeyId: ${key}`);
    expect(lines("terraform", { key })).toContain(`master_user_secret_kms_key_id = "${key}"`);
    expect(lines("terraform", { kind: "cluster" })).toContain(
      "manage_master_user_password = true # instead of master_password",
    );
    expect(lines("terraform", { kind: "cluster" })).toContain("aws_rds_cluster.NAME.master_user_secret[0].secret_arn");
    expect(lines("cdk", { key })).toContain("manageMasterUserPassword: true,");
    expect(lines("aws-cli", { key })).toContain(`--manage-master-user-password --master-user-secret-kms-key-id ${key}`);
  });

  test("a key is changed by turning management off and on, in this order", () => {
    for (const tool of ["cloudformation", "cdk", "terraform"] as const) {
      const [off, wait, on] = codeOf("secret-key-as-required", "rdsKeyOther", tool, { key });
      expect(off).toMatch(/ManageMasterUserPassword: false|manageMasterUserPassword = false|password_wo = /);
      expect(off).not.toContain(key);
      expect(wait).toMatch(/^until /);
      expect(on).toContain(key);
    }
  });

  test("the rotation is set in Terraform, and not in CloudFormation", () => {
    expect(codeOf("rotation-interval-within-limit", "tooLong", "terraform", { days: 30 })[0]).toContain(
      "automatically_after_days = 30",
    );
    expect(findChange("rotation-enabled", "off")?.cloudformation(placeholders).none).toContain("Use the AWS CLI");
  });

  test("an impaired secret is nothing that a template can change", () => {
    for (const tool of ["cloudformation", "cdk", "terraform"] as const)
      expect(findChange("secret-not-impaired", "impaired")?.[tool](placeholders)).toEqual({
        steps: [],
        none: expect.stringContaining("There is nothing to change here"),
      });
  });
});
