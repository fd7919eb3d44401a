import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { stringify } from "yaml";
import { defaultPolicy } from "../../lib/model/default-policy.ts";
import { UsageError } from "../../lib/model/errors.ts";
import { parsePolicy, policyJsonSchema } from "../../lib/model/policy.ts";
import { rules } from "../../rules/index.ts";

const ruleIds = ["rotation-enabled", "secret-not-stuck", "toggle-not-interrupted"];
const read = (text: string) => parsePolicy(text, "policy.yml", ruleIds);
/** The message for a policy that is not valid. */
function refusalOf(text: string): string {
  try {
    read(text);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as UsageError).message;
  }
  throw new Error(`accepted: ${text}`);
}
const exemption = (fields: string) => `exemptions: [{ ${fields} }]`;
const complete = "owner: ann, reason: legacy, until: 2026-12-31";
/** Cases of the section `remediation`: its content, and the message after the name of the section. */
const inRemediation = (cases: readonly (readonly [fields: string, sentence: string])[]): [string, string][] =>
  cases.map(([fields, sentence]) => [`remediation: { ${fields} }`, `policy.yml: "remediation${sentence}`]);

describe("the published policies", () => {
  const shown = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
  const readShown = (text: string) =>
    parsePolicy(
      text,
      "policy.yml",
      rules.map(({ id }) => id),
    );

  test("policy.yaml is the default policy in full", () => {
    expect(readShown(shown("policy.yaml"))).toEqual(defaultPolicy);
    for (const name of [...Object.keys(defaultPolicy), ...Object.keys(defaultPolicy.remediation)])
      expect(shown("policy.yaml")).toMatch(new RegExp(`^ *${name}:`, "m"));
  });

  test("the example in docs/policy.md is valid and uses every key", () => {
    const [, example = ""] = /```yaml\n(.*?)```/s.exec(shown("docs/policy.md")) ?? [];
    expect(Object.keys(readShown(example)).sort()).toEqual(
      [...Object.keys(defaultPolicy), "accounts", "regions"].sort(),
    );
    for (const name of Object.keys(defaultPolicy.remediation)) expect(example).toMatch(new RegExp(`^  ${name}:`, "m"));
  });
});

test("the JSON Schema allows a single item instead of a list", () => {
  const { properties } = policyJsonSchema(ruleIds);
  expect(properties).toMatchObject({
    accounts: { type: ["string", "array"], minItems: 1, items: { type: "string" } },
    keys: { items: { properties: { require: { type: ["string", "array"] } } } },
    remediation: { properties: { window: { type: ["string", "array"] }, allow: { type: "array" } } },
  });
});

describe("a valid policy", () => {
  test.each(["null", "# nothing yet", "{}"])("%j is the default policy", (text) => {
    expect(read(text)).toEqual(defaultPolicy);
  });

  test("requires no key, exempts nothing and switches no rule off by default", () => {
    expect(defaultPolicy).toEqual({
      keys: [],
      thresholds: { creatingMinutes: 60, rotatingMinutes: 60, rotationGraceHours: 24, rotationIntervalDays: 90 },
      severities: {},
      rulesOff: [],
      rulesOn: [],
      exemptionTags: false,
      ownerTags: ["owner", "team"],
      exemptions: [],
      support: { oracleCdb: "supported", iamDbAuth: [] },
      organization: {
        roleName: "rds-password-audit-member",
        excludedAccounts: [],
        excludedUnits: [],
        excludedRegions: [],
      },
      remediation: {
        allow: [],
        optIn: [],
        approval: ["toggle", "enable"],
        approvalHours: 72,
        window: ["maintenance"],
        budget: { atOnce: 1, perDay: 5 },
        coolDownHours: 24,
        stopAfterFailures: 3,
        stackOwned: "refuse",
        ownSecretProxies: "refuse",
      },
    });
  });

  test("may set every key in YAML", () => {
    const policy = read(`
accounts: ["123456789012"]
regions: [eu-west-1, us-east-1]
keys:
  - match: { account: "123456789012", region: eu-west-1, engine: "aurora-*", identifier: [prod-*, live-?], tags: { stage: prod } }
    require: [alias/prod, arn:aws:kms:eu-west-1:123456789012:key/mrk-1]
  - require: customer-managed
    differentFromStorage: true
thresholds: { creatingMinutes: 5, rotationGraceHours: 0 }
severities: { rotation-enabled: critical }
rulesOff: [secret-not-stuck]
rulesOn: [rotation-enabled]
exemptionTags: true
ownerTags: cost-center
exemptions:
  - { match: { identifier: old-* }, rules: rotation-enabled, owner: ann, reason: legacy, until: 2026-12-31 }
support: { oracleCdb: unsupported, iamDbAuth: [{ identifier: notebooks-* }] }
organization:
  roleName: security/auditor
  externalId: "9f2c"
  excludedAccounts: [{ account: "210987654321", reason: own audit }]
  excludedUnits: [{ unit: [ou-ab12-11112222], reason: games }]
  excludedRegions: [{ region: ap-east-1, reason: closed }]
remediation:
  allow: [schedule-rotation, rotate, toggle, enable]
  optIn:
    - { tags: { stage: dev } }
    - { account: "123456789012", identifier: test-* }
  approval: [enable]
  approvalHours: 720
  window: [maintenance, "Sun:02:00-Sun:06:00", 22:00-02:00]
  budget: { atOnce: 2, perDay: 10 }
  coolDownHours: 0
  stopAfterFailures: 1
  stackOwned: allow
`);
    expect(policy).toEqual({
      accounts: ["123456789012"],
      regions: ["eu-west-1", "us-east-1"],
      keys: [
        {
          match: {
            account: ["123456789012"],
            region: ["eu-west-1"],
            engine: ["aurora-*"],
            identifier: ["prod-*", "live-?"],
            tags: { stage: "prod" },
          },
          require: ["alias/prod", "arn:aws:kms:eu-west-1:123456789012:key/mrk-1"],
        },
        { match: {}, require: ["customer-managed"], differentFromStorage: true },
      ],
      thresholds: { creatingMinutes: 5, rotatingMinutes: 60, rotationGraceHours: 0, rotationIntervalDays: 90 },
      severities: { "rotation-enabled": "critical" },
      rulesOff: ["secret-not-stuck"],
      rulesOn: ["rotation-enabled"],
      exemptionTags: true,
      ownerTags: ["cost-center"],
      exemptions: [
        {
          match: { identifier: ["old-*"] },
          rules: ["rotation-enabled"],
          owner: "ann",
          reason: "legacy",
          until: "2026-12-31",
        },
      ],
      support: { oracleCdb: "unsupported", iamDbAuth: [{ identifier: ["notebooks-*"] }] },
      organization: {
        roleName: "security/auditor",
        externalId: "9f2c",
        excludedAccounts: [{ account: ["210987654321"], reason: "own audit" }],
        excludedUnits: [{ unit: ["ou-ab12-11112222"], reason: "games" }],
        excludedRegions: [{ region: ["ap-east-1"], reason: "closed" }],
      },
      remediation: {
        allow: ["schedule-rotation", "rotate", "toggle", "enable"],
        optIn: [{ tags: { stage: "dev" } }, { account: ["123456789012"], identifier: ["test-*"] }],
        approval: ["enable"],
        approvalHours: 720,
        window: ["maintenance", "Sun:02:00-Sun:06:00", "22:00-02:00"],
        budget: { atOnce: 2, perDay: 10 },
        coolDownHours: 0,
        stopAfterFailures: 1,
        stackOwned: "allow",
        ownSecretProxies: "refuse",
      },
    });
  });

  test.each(["high", "High", "HIGH"])("may write a severity in any case: %s", (severity) => {
    expect(read(`severities: { rotation-enabled: ${severity} }`).severities).toEqual({ "rotation-enabled": "high" });
  });

  test("may be JSON", () => {
    expect(read('{"exemptionTags": true}').exemptionTags).toBe(true);
  });

  test("may require the alias of the default key, which means any AWS managed key", () => {
    expect(read("keys: [{ require: alias/aws/secretsmanager }]").keys).toEqual([
      { match: {}, require: ["aws-managed"] },
    ]);
  });

  test.each(["{}", "{ allow: [] }", "{ allow: [], optIn: [] }", "{ budget: {} }", "{ window: maintenance }"])(
    "remediation: %s allows nothing, as the default policy",
    (remediation) => {
      expect(read(`remediation: ${remediation}`)).toEqual(defaultPolicy);
    },
  );

  test("allows nothing if databases are opted in and no action is allowed", () => {
    const { remediation } = read("remediation: { optIn: [{ tags: { stage: dev } }] }");
    expect(remediation).toEqual({ ...defaultPolicy.remediation, optIn: [{ tags: { stage: "dev" } }] });
  });

  test("may set a part of the budget", () => {
    expect(read("remediation: { budget: { perDay: 9 } }").remediation.budget).toEqual({ atOnce: 1, perDay: 9 });
  });

  test.each(["any-time", "maintenance", "sun:02:00-sun:02:30", "23:45-00:15"])(
    "one window is a list of one: %s",
    (window) => {
      expect(read(`remediation: { window: "${window}" }`).remediation.window).toEqual([window]);
    },
  );

  test.each(["remediation: { allow: [rotate, enable], optIn: [{ identifier: '*' }] }", "remediation: {}"])(
    "the rule that finds interrupted toggles can be off where none is begun: %s",
    (text) => {
      expect(read(`rulesOff: [toggle-not-interrupted]\n${text}`).rulesOff).toEqual(["toggle-not-interrupted"]);
    },
  );

  test("may name a Region that is newer than the list", () => {
    expect(read("regions: [eu-west-9]").regions).toEqual(["eu-west-9"]);
  });
});

describe("an invalid policy is rejected with a sentence for each mistake that names the location and suggests the nearest name", () => {
  test.each([
    ["exemptons: []", 'policy.yml: unknown key "exemptons" (did you mean "exemptions"?).'],
    [
      "owner: ann",
      'policy.yml: unknown key "owner" (known: accounts, regions, keys, thresholds, severities, rulesOff, rulesOn, exemptionTags, ownerTags, exemptions, support, organization, remediation).',
    ],
    [
      "keys: [{ match: { acount: '1' }, require: aws-managed }]",
      'policy.yml: unknown key "keys[0].match.acount" (did you mean "account"?).',
    ],
    [
      "thresholds: { days: 3 }",
      'policy.yml: unknown key "thresholds.days" (known: creatingMinutes, rotatingMinutes, rotationGraceHours, rotationIntervalDays).',
    ],
    [
      exemption(`match: { identifier: a }, ownr: ann, reason: b, until: 2026-12-31`),
      'policy.yml: "exemptions[0].owner" is missing.\npolicy.yml: unknown key "exemptions[0].ownr" (did you mean "owner"?).',
    ],
    [
      exemption("match: { identifier: a }, owner: ann, until: 2026-12-31"),
      'policy.yml: "exemptions[0].reason" is missing.',
    ],
    [
      exemption("match: { identifier: a }, owner: ann, reason: legacy"),
      'policy.yml: "exemptions[0].until" is missing.',
    ],
    [exemption(complete), 'policy.yml: "exemptions[0].match" is missing.'],
    [
      exemption(`match: {}, ${complete}`),
      'policy.yml: "exemptions[0].match" must select databases by account, region, engine, identifier or tags, not {}.',
    ],
    [
      exemption(`match: { tags: {} }, ${complete}`),
      'policy.yml: "exemptions[0].match.tags" must not be empty, not {}.',
    ],
    [
      exemption(`match: { identifier: [] }, ${complete}`),
      'policy.yml: "exemptions[0].match.identifier" must not be empty, not [].',
    ],
    [
      exemption(`match: { identifier: "[a" }, ${complete}`),
      'policy.yml: "exemptions[0].match.identifier[0]" must be a glob with all brackets closed, as in prod-*, not "[a".',
    ],
    [
      exemption(`match: { tags: { cost: 12 } }, ${complete}`),
      'policy.yml: "exemptions[0].match.tags.cost" must be a string, not 12.',
    ],
    [
      exemption("match: { identifier: a }, owner: ' ', reason: legacy, until: 2026-12-31"),
      'policy.yml: "exemptions[0].owner" must not be empty, not "".',
    ],
    [
      exemption("match: { identifier: a }, owner: ann, reason: 3, until: 2026-12-31"),
      'policy.yml: "exemptions[0].reason" must be text, not 3.',
    ],
    [
      exemption("match: { identifier: a }, owner: ann, reason: b, until: 2026-02-30"),
      'policy.yml: "exemptions[0].until" must be a date, as in 2026-12-31, not "2026-02-30".',
    ],
    [
      exemption("match: { identifier: a }, owner: ann, reason: b, until: 2026"),
      'policy.yml: "exemptions[0].until" must be a date, as in 2026-12-31, not 2026.',
    ],
    [
      exemption(`match: { identifier: a }, rules: rotation-enabld, ${complete}`),
      'policy.yml: "exemptions[0].rules[0]" is not a known rule: "rotation-enabld" (did you mean "rotation-enabled"?).',
    ],
    [
      "severities: { rotation-enabld: high }",
      'policy.yml: "severities" is not a known rule: "rotation-enabld" (did you mean "rotation-enabled"?).',
    ],
    [
      "severities: { rotation-enabled: hihg }",
      'policy.yml: "severities.rotation-enabled" must be "critical" or "high" or "medium" or "low", not "hihg" (did you mean "high"?).',
    ],
    [
      "severities: { rotation-enabled: 1 }",
      'policy.yml: "severities.rotation-enabled" must be "critical" or "high" or "medium" or "low", not 1.',
    ],
    [
      "rulesOff: [stuck]",
      'policy.yml: "rulesOff[0]" is not a known rule: "stuck" (known: rotation-enabled, secret-not-stuck, toggle-not-interrupted).',
    ],
    [
      "{ rulesOff: [secret-not-stuck], rulesOn: [rotation-enabled, secret-not-stuck] }",
      'policy.yml: "rulesOn" turns on a rule that rulesOff turns off: remove it from one of them.',
    ],
    ["rulesOff: secret-not-stuck", 'policy.yml: "rulesOff" must be a list, not "secret-not-stuck".'],
    [
      "accounts: 123456789012",
      'policy.yml: "accounts[0]" must be an account ID in quotes, as in "123456789012" (YAML reads digits as a number), not 123456789012.',
    ],
    ['accounts: "1234"', 'policy.yml: "accounts[0]" must be an account ID of 12 digits, not "1234".'],
    ["accounts: []", 'policy.yml: "accounts" must not be empty, not [].'],
    ["regions: Ireland", 'policy.yml: "regions[0]" must be the name of a Region, as in eu-west-1, not "Ireland".'],
    [
      "regions: eu-west1",
      'policy.yml: "regions[0]" must be the name of a Region, as in eu-west-1 (did you mean "eu-west-1"?), not "eu-west1".',
    ],
    [
      "keys: [{ require: customer }]",
      'policy.yml: "keys[0].require[0]" must be customer-managed, aws-managed, or a key by ARN, ID or alias (alias/…), not "customer".',
    ],
    ["keys: [{ require: [] }]", 'policy.yml: "keys[0].require" must not be empty, not [].'],
    [
      "keys: [{ match: { region: eu-west-1 } }]",
      'policy.yml: "keys[0]" needs require, differentFromStorage: true, or both.',
    ],
    [
      "keys: [{ differentFromStorage: false }]",
      'policy.yml: "keys[0]" needs require, differentFromStorage: true, or both.',
    ],
    [
      "keys: [{ differentFromStorage: yes }]",
      'policy.yml: "keys[0].differentFromStorage" must be true or false, not "yes".',
    ],
    [
      "support: { iamDbAuth: [{}] }",
      'policy.yml: "support.iamDbAuth[0]" must select databases by account, region, engine, identifier or tags, not {}.',
    ],
    ["keys: {}", 'policy.yml: "keys" must be a list, not {}.'],
    ["keys: [1]", 'policy.yml: "keys[0]" must be a mapping, not 1.'],
    ["thresholds: { creatingMinutes: 0 }", 'policy.yml: "thresholds.creatingMinutes" must be more than 0, not 0.'],
    [
      "thresholds: { rotatingMinutes: 1 hour }",
      'policy.yml: "thresholds.rotatingMinutes" must be a number of minutes, not "1 hour".',
    ],
    [
      "thresholds: { rotationGraceHours: -1 }",
      'policy.yml: "thresholds.rotationGraceHours" must not be negative, not -1.',
    ],
    [
      "thresholds: { rotationIntervalDays: '7' }",
      'policy.yml: "thresholds.rotationIntervalDays" must be a number of days, not "7".',
    ],
    ["exemptionTags: 'yes'", 'policy.yml: "exemptionTags" must be a boolean, not "yes".'],
    ["support: { oracleCdb: no }", 'policy.yml: "support.oracleCdb" must be "supported" or "unsupported", not "no".'],
    ...inRemediation([
      [
        "allow: [rotate]",
        '.optIn" is empty: list the databases that the actions in allow may change, as in [{ tags: { stage: test } }].',
      ],
      [
        "allow: [rotate], optIn: []",
        '.optIn" is empty: list the databases that the actions in allow may change, as in [{ tags: { stage: test } }].',
      ],
      [
        "allow: [rotate], optIn: [{}]",
        '.optIn[0]" must select databases by account, region, engine, identifier or tags, not {}.',
      ],
      [
        "optIn: [{ tags: { a: b } }, {}]",
        '.optIn[1]" must select databases by account, region, engine, identifier or tags, not {}.',
      ],
      ["allow: [rotate], optIn: [{ tags: {} }]", '.optIn[0].tags" must not be empty, not {}.'],
      ["optIn: { tags: { a: b } }", '.optIn" must be a list, not {"tags":{"a":"b"}}.'],
      [
        "allow: [rotat], optIn: [{ tags: { a: b } }]",
        '.allow[0]" must be "schedule-rotation" or "rotate" or "toggle" or "enable", not "rotat" (did you mean "rotate"?).',
      ],
      [
        "allow: [finish-interrupted]",
        '.allow[0]" must be "schedule-rotation" or "rotate" or "toggle" or "enable", not "finish-interrupted".',
      ],
      ["allow: rotate", '.allow" must be a list, not "rotate".'],
      [
        "approval: [rotate, togle]",
        '.approval[1]" must be "schedule-rotation" or "rotate" or "toggle" or "enable", not "togle" (did you mean "toggle"?).',
      ],
      ["budget: { atOnce: 0 }", '.budget.atOnce" must be at least 1, not 0.'],
      ["budget: { perDay: -1 }", '.budget.perDay" must be at least 1, not -1.'],
      ["budget: { perDay: 1.5 }", '.budget.perDay" must be a whole number, not 1.5.'],
      ["budget: { perDay: .inf }", '.budget.perDay" must be a whole number, not Infinity.'],
      ["budget: { perDay: many }", '.budget.perDay" must be a whole number, not "many".'],
      ["budget: 3", '.budget" must be a mapping, not 3.'],
      ["window: []", '.window" must not be empty, not [].'],
      ["window: 3", '.window[0]" must be text, not 3.'],
      ...["sun:02:00-sun:02:00", "sun:02:00-sun:02:29", "25:00-26:00", "sun:02:00-06:00", "sometimes"].map(
        (window): [string, string] => [
          `window: [maintenance, "${window}"]`,
          `.window[1]" must be maintenance, any-time, or a window of at least 30 minutes in UTC, as in sun:02:00-sun:06:00 or 02:00-04:00, not "${window}".`,
        ],
      ),
      [
        "window: anytime",
        '.window[0]" must be maintenance, any-time, or a window of at least 30 minutes in UTC, as in sun:02:00-sun:06:00 or 02:00-04:00 (did you mean "any-time"?), not "anytime".',
      ],
      ["approvalHours: 0", '.approvalHours" must be more than 0, not 0.'],
      ["approvalHours: 721", '.approvalHours" must be at most 720, which is 30 days, not 721.'],
      ["approvalHours: 3 days", '.approvalHours" must be a number of hours, not "3 days".'],
      ["coolDownHours: -1", '.coolDownHours" must not be negative, not -1.'],
      ["coolDownHours: .nan", '.coolDownHours" must be a number of hours, not NaN.'],
      ["stopAfterFailures: 0", '.stopAfterFailures" must be at least 1, not 0.'],
      ["stackOwned: alow", '.stackOwned" must be "refuse" or "allow", not "alow" (did you mean "allow"?).'],
    ]),
    ["remediation: []", 'policy.yml: "remediation" must be a mapping, not [].'],
    ["remediation: { optin: [] }", 'policy.yml: unknown key "remediation.optin" (did you mean "optIn"?).'],
    [
      "remediation: { allow: [rotate], budget: { perday: 1 } }",
      'policy.yml: unknown key "remediation.budget.perday" (did you mean "perDay"?).\npolicy.yml: "remediation.optIn" is empty: list the databases that the actions in allow may change, as in [{ tags: { stage: test } }].',
    ],
    [
      "remediation: { optIn: [{ tag: { a: b } }] }",
      'policy.yml: unknown key "remediation.optIn[0].tag" (did you mean "tags"?).',
    ],
    [
      "remediation: { when: now }",
      'policy.yml: unknown key "remediation.when" (known: allow, optIn, approval, approvalHours, window, budget, coolDownHours, stopAfterFailures, stackOwned, ownSecretProxies).',
    ],
    [
      "{ rulesOff: [toggle-not-interrupted], remediation: { allow: [toggle], optIn: [{ identifier: '*' }] } }",
      'policy.yml: "rulesOff" switches off toggle-not-interrupted, which finds interrupted toggles so that they are finished: leave it on, or remove toggle from remediation.allow.',
    ],
    [
      "organization: { externalID: a1 }",
      'policy.yml: unknown key "organization.externalID" (did you mean "externalId"?).',
    ],
    ["organization: { externalId: 12345 }", 'policy.yml: "organization.externalId" must be text in quotes, not 12345.'],
    [
      "organization: { externalId: a }",
      'policy.yml: "organization.externalId" must have 2 to 1224 letters, digits, or characters of +=,.@:/-_, not "a".',
    ],
    [
      "organization: { roleName: 'arn:aws:iam::1:role/x' }",
      'policy.yml: "organization.roleName" must be the name of an IAM role, as in rds-password-audit-member, not "arn:aws:iam::1:role/x".',
    ],
    [
      'organization: { excludedAccounts: [{ account: "123456789012" }] }',
      'policy.yml: "organization.excludedAccounts[0].reason" is missing.',
    ],
    [
      "organization: { excludedUnits: [{ unit: Sandbox, reason: x }] }",
      'policy.yml: "organization.excludedUnits[0].unit[0]" must be the ID of an organizational unit, as in ou-ab12-11112222, not "Sandbox".',
    ],
    [
      "organization: { excludedRegions: [{ region: Ireland, reason: x }] }",
      /"organization.excludedRegions\[0\].region\[0\]" must be the name of a Region/,
    ],
    ["[]", "policy.yml: the policy must be a mapping, not []."],
    [`${"x".repeat(100)}`, `policy.yml: the policy must be a mapping, not "${"x".repeat(56)}….`],
    [
      "accounts: [012345678901]",
      'policy.yml: "accounts[0]" must be an account ID in quotes, as in "012345678901" (YAML reads digits as a number), not 12345678901.',
    ],
    ["", "policy.yml is empty: fill it, or use no policy file."],
    [" \n", "policy.yml is empty: fill it, or use no policy file."],
    ["keys: &a [*a]", "policy.yml cannot be read as YAML: an alias refers to itself."],
    [
      "rulesOff: [rotation-enabled]\nrulesOff: []",
      "policy.yml cannot be read as YAML: the key rulesOff is there twice at line 2, column 1.",
    ],
    [
      '{ "rulesOff": [], "rulesOff": [] }',
      'policy.yml cannot be read as YAML: the key "rulesOff" is there twice at line 1, column 19.',
    ],
    [
      `a: ${"[".repeat(20_000)}`,
      /^policy\.yml cannot be read as YAML: it is nested too deeply( at line 1, column \d+)?\.$/,
    ],
    ["a: [1", /^policy\.yml cannot be read as YAML: .* at line 1, column \d+\.$/],
    ["a: *b", /^policy\.yml cannot be read as YAML: Unresolved alias .*\.$/],
    [
      "a: 1\n---\nb: 2",
      "policy.yml cannot be read as YAML: it has several documents: keep one, and remove the line --- at line 2, column 1.",
    ],
    ["keys: [{ match: { tags: { __proto__: x } }, require: aws-managed }]", /the key __proto__ is not allowed\.$/],
  ])("%s", (text, sentence) => {
    const refusal = refusalOf(text);
    if (typeof sentence === "string") expect(refusal).toBe(sentence);
    else expect(refusal).toMatch(sentence);
    for (const line of refusal.split("\n")) expect(line).toMatch(/^policy\.yml[: ].*\.$/);
  });

  test("with every mistake in a line of its own", () => {
    const text =
      "exemptons: []\nownr: 1\nkeys: [{ requir: aws-managed }, { match: { acount: a, engin: b }, require: c }]";
    expect(refusalOf(text).split("\n")).toEqual([
      'policy.yml: unknown key "keys[0].requir" (did you mean "require"?).',
      'policy.yml: unknown key "keys[1].match.acount" (did you mean "account"?).',
      'policy.yml: unknown key "keys[1].match.engin" (did you mean "engine"?).',
      'policy.yml: "keys[1].require[0]" must be customer-managed, aws-managed, or a key by ARN, ID or alias (alias/…), not "c".',
      'policy.yml: unknown key "exemptons" (did you mean "exemptions"?).',
      expect.stringContaining('policy.yml: unknown key "ownr"'),
    ]);
  });

  test("rejects aliases that grow exponentially", () => {
    const tens = (name: string, of: string) => `${name}: &${name} [${Array(10).fill(of).join(", ")}]\n`;
    const bomb = tens("a", "x") + tens("b", "*a") + tens("c", "*b") + tens("d", "*c");
    expect(refusalOf(bomb)).toMatch(/^policy\.yml cannot be read as YAML: its aliases grow too large\.$/);
  });
});

describe("any input", () => {
  /** Each run builds the schema again. */
  const few = { numRuns: 40 };
  const known = Object.keys({ ...defaultPolicy, accounts: [], regions: [] });
  const anyName = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.constantFrom(
        ...known,
        ...Object.keys(defaultPolicy.remediation),
        "match",
        "require",
        "tags",
        "owner",
        "until",
        "rotation-enabled",
      ),
    },
    fc.string(),
  );
  const { value: anyPolicyValue } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(
        null,
        true,
        "aws-managed",
        "high",
        "rotation-enabled",
        "2026-12-31",
        "eu-west-1",
        "123456789012",
        5,
      ),
      fc.string(),
      fc.double(),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(anyName, tie("value"), { maxKeys: 4 }),
    ),
  }));

  function expectPolicyOrRefusal(text: string): void {
    try {
      const policy = read(text);
      expect(known).toEqual(expect.arrayContaining(Object.keys(policy)));
      const matches = [...policy.keys, ...policy.exemptions].map(({ match }) => match);
      for (const match of [...matches, ...policy.remediation.optIn])
        expect(["account", "region", "engine", "identifier", "tags"]).toEqual(
          expect.arrayContaining(Object.keys(match)),
        );
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      expect(error.message).toMatch(/^policy\.yml[: ].*\.$/s);
    }
  }

  test("as a value gives a policy of known keys or a UsageError", () => {
    fc.assert(
      fc.property(fc.dictionary(anyName, anyPolicyValue, { maxKeys: 4 }), (value) =>
        expectPolicyOrRefusal(stringify(value)),
      ),
      few,
    );
  });

  test("as JSON gives a policy of known keys or a UsageError", () => {
    fc.assert(fc.property(fc.json(), expectPolicyOrRefusal), few);
  });

  test("as text gives a policy of known keys or a UsageError", () => {
    const pieces = fc.constantFrom(..."keys|:| |\n|- |&a|*a|{|}|[|]|!!|>|?|'|#|---|%|<<|1".split("|"));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces, { maxLength: 20 }).map((all) => all.join("")),
        ),
        expectPolicyOrRefusal,
      ),
      few,
    );
  });
});
