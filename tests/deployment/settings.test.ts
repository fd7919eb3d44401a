import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { configRules } from "../../deploy/config-rules.ts";
import { readingStatements } from "../../deploy/permissions.ts";
import { readSettings, settingNames } from "../../deploy/settings.ts";
import { template } from "../../deploy/template.ts";
import { defaultPolicy } from "../../lib/model/default-policy.ts";
import { UsageError } from "../../lib/model/errors.ts";
import { parsePolicy } from "../../lib/model/policy.ts";
import { rules } from "../../rules/index.ts";

const withoutWarnings = { logLevel: "silent" } as const;
const defaults = parse(readFileSync("serverless.yml", "utf8"), withoutWarnings).params.default as Record<
  string,
  unknown
>;
const region = "eu-west-1";
const read = (changes: Record<string, unknown>) => readSettings({ ...defaults, ...changes }, region);

function rejectionOf(changes: Record<string, unknown>): string {
  try {
    read(changes);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  throw new Error(`${JSON.stringify(changes)} was accepted`);
}

describe("deployment parameters", () => {
  test("each has a valid default", () => {
    expect(Object.keys(defaults).sort()).toEqual([...settingNames].sort());
    expect(read({}).schedule).toEqual({ expression: "cron(0 6 * * ? *)", overdueHours: 36 });
  });

  test("each is documented in docs/deploy.md, in the same order", () => {
    const documented = [...readFileSync("docs/deploy.md", "utf8").matchAll(/^\| `(\w+)` +\| .* \| .* \|$/gm)];
    expect(documented.map(([, name]) => name).filter((name) => name !== undefined && name in defaults)).toEqual(
      Object.keys(defaults),
    );
  });

  test("the default policy file equals the default policy", () => {
    expect(read({}).policy).toEqual(defaultPolicy);
  });

  test.each([
    ["rate(1 hour)", 2],
    ["rate(12 hours)", 18],
    ["rate(4 days)", 144],
    ["cron(30 5 * * ? *)", 36],
    ["cron(0 5 ? * MON-FRI *)", 108],
  ])("an audit with the schedule %s is overdue after %i hours", (expression, overdueHours) => {
    expect(read({ schedule: expression }).schedule).toEqual({ expression, overdueHours });
  });

  test.each([
    ["", []],
    ["all", "all"],
    ["eu-west-1", ["eu-west-1"]],
    [" eu-west-1, us-east-1 ", ["eu-west-1", "us-east-1"]],
    ["eu-west-9", ["eu-west-9"]],
  ])("accepts the Regions %j", (regions, expected) => {
    expect(read({ regions }).regions).toEqual(expected);
  });

  test("accepts numbers as text, as --param passes them", () => {
    expect(read({ logRetentionDays: "365", reportRetentionDays: "30" })).toMatchObject({
      logRetentionDays: 365,
      reportRetentionDays: 30,
    });
  });
});

describe("invalid parameters", () => {
  test.each([
    ["schedule", "rate(1 days)"],
    ["schedule", "rate(15 minutes)"],
    ["schedule", "rate(0 days)"],
    ["schedule", "at(2026-11-24T00:00:00)"],
    ["schedule", "cron(30 5 * * *)"],
    ["schedule", "cron(30 5 * * * *)"],
    ["schedule", "cron(*/5 5 * * ? *)"],
    ["schedule", "cron(0 0 31 2 ? *)"],
    ["schedule", "rate(7 days)"],
    ["schedule", "daily"],
    ["schedule", "cron(0 6 * * ? 2027)"],
    ["regions", "eu-wset-1"],
    ["regions", "eu-west-1,everywhere"],
    ["regions", "all,eu-west-1"],
    ["policy", ""],
    ["policy", "no-such-policy.yaml"],
    ["policy", "package.json"],
    ["organization", "yes"],
    ["organization", "on"],
    ["organizationId", "o-a1b2c3d4e5"],
    ["organizationId", "a1b2c3d4e5"],
    ["alertThreshold", "hihg"],
    ["securityHub", true],
    ["configRules", "yes"],
    ["configFrequency", "Daily"],
    ["configAccounts", "12345"],
    ["configRoleName", "path/to/role"],
    ["remediation", "yes"],
    ["templateHook", "on"],
    ["templateHookStacks", "warn"],
    ["templateHookStacks", "on"],
    ["findingsTopicArn", "findings"],
    ["alertsTopicArn", "arn:aws:sns:eu-west-1:123456789012:alerts.fifo"],
    ["alertsTopicArn", "arn:aws:sns:us-east-1:123456789012:alerts"],
    ["kmsKeyArn", "alias/audit"],
    ["kmsKeyArn", "arn:aws:kms:us-east-1:123456789012:key/1234abcd"],
    ["logKmsKeyArn", "arn:aws:kms:eu-west-1:123456789012:alias/logs"],
    ["logRetentionDays", 100],
    ["logRetentionDays", "forever"],
    ["reportRetentionDays", 7],
    ["reportRetentionDays", 99_999_999_999],
    ["reportLock", "on"],
    ["reportsTable", "yes"],
    ["permissionsBoundary", "boundary"],
    ["reservedConcurrency", 1],
    ["recheckConcurrency", 0],
    ["recheckConcurrency", 101],
    ["recheckConcurrency", 1.5],
    ["recheckConcurrency", "many"],
    ["logLevel", "LOUD"],
  ])("rejects %s: %j", (name, value) => {
    const message = rejectionOf({ [name]: value });
    expect(message).toMatch(new RegExp(`^The parameter "${name}" (must|names) .*\\.$`, "s"));
    expect(message).not.toMatch(/Invalid input|undefined|\.\.$/);
  });

  test("rejects an unknown parameter and suggests the nearest", () => {
    expect(rejectionOf({ shedule: "rate(1 day)" })).toBe('There is no parameter "shedule" (did you mean "schedule"?).');
  });

  test("reports all invalid parameters", () => {
    expect(rejectionOf({ logLevel: "LOUD", alertThreshold: "hihg" })).toBe(
      'The parameter "alertThreshold" must be one of critical, high, medium, low, not "hihg". The parameter "logLevel" must be one of DEBUG, INFO, WARN, ERROR, not "LOUD".',
    );
  });

  test("rejects configAccounts without configRoleName, and the reverse", () => {
    expect(rejectionOf({ configAccounts: "123456789012" })).toMatch(/^The parameter "configRoleName" must be set/);
    expect(rejectionOf({ configRoleName: "audit" })).toMatch(/^The parameter "configAccounts" must be set/);
  });
});

describe("the parameter organization", () => {
  const folder = mkdtempSync(join(tmpdir(), "rds-password-audit-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const policy = join(folder, "policy.yaml");
  writeFileSync(policy, "organization: { externalId: 7c1f5e0a-2f7e }");

  test("needs the external ID of the member role in the policy", () => {
    expect(rejectionOf({ organization: "on" })).toBe(
      'The parameter "organization" must be off, or the policy must set organization.externalId, which the member role requires.',
    );
    expect(read({ organization: "on", policy }).organization).toBe("on");
  });

  test("does not go with repairs, which are deployed in the account of the databases", () => {
    expect(rejectionOf({ organization: "on", policy, remediation: "on" })).toMatch(
      /^The parameter "remediation" must be off with organization: /,
    );
  });
});

describe("AWS Config rules", () => {
  const typesOf = (resources: object) =>
    Object.values(resources as Record<string, { Type: string }>).map(({ Type }) => Type);

  test("the parameter off creates none, and no permission for AWS Config to invoke the function", () => {
    expect(configRules(rules, defaultPolicy, read({ configRules: "off" }))).toEqual({});
  });

  test("a rule that the policy turns off has none", () => {
    const policy = parsePolicy(
      "rulesOff: [rotation-enabled]",
      "policy.yaml",
      rules.map(({ id }) => id),
    );
    const resources = configRules(rules, policy, read({}));
    expect(resources).not.toHaveProperty("ConfigRuleRotationEnabled");
    // One rule is off by default, and there is a permission.
    expect(typesOf(resources)).toHaveLength(rules.length - 1);
    expect(resources).not.toHaveProperty("ConfigRuleSecretNotShared");
  });

  test("a rule that no database can violate has none", () => {
    const [rule] = rules;
    if (rule === undefined) throw new Error("there are no rules");
    const messages = { fine: { status: "COMPLIANT", text: "It is." } } as const;
    expect(typesOf(configRules([{ ...rule, messages }], defaultPolicy, read({})))).toEqual(["AWS::Lambda::Permission"]);
  });

  test("a new rule gets one automatically", () => {
    const [rule] = rules;
    if (rule === undefined) throw new Error("there are no rules");
    const resources = configRules([{ ...rule, id: "backup-key-usable" }], defaultPolicy, read({}));
    expect(resources).toHaveProperty(
      "ConfigRuleBackupKeyUsable.Properties.ConfigRuleName",
      `\${self:service}-\${sls:stage}-backup-key-usable`,
    );
  });
});

test("packaging fails for an action without a resource, and names it", () => {
  expect(() => readingStatements(["rds:DescribeDBInstances", "dynamodb:GetItem"])).toThrow(
    /^dynamodb:GetItem has no resource/,
  );
});

describe("audited Regions", () => {
  const folder = mkdtempSync(join(tmpdir(), "settings-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const policy = join(folder, "policy.yaml");
  writeFileSync(policy, "regions: [eu-north-1, eu-west-1]");
  const regionsOf = (changes: object) => template({ ...defaults, ...changes }, region).regions;

  test("are those of the parameter, or the Region of the stack", () => {
    expect(regionsOf({ regions: "all" })).toBe("all");
    expect(regionsOf({ regions: "eu-west-1, us-east-1" })).toBe("eu-west-1,us-east-1");
    expect(regionsOf({ regions: "" })).toEqual({ Ref: "AWS::Region" });
  });

  test("are the policy's if the parameter is empty", () => {
    expect(regionsOf({ policy, regions: "" })).toBe("eu-north-1,eu-west-1");
    expect(regionsOf({ policy, regions: "us-east-1" })).toBe("us-east-1");
    expect(regionsOf({ policy, regions: "all" })).toBe("all");
  });
});
