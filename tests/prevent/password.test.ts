// biome-ignore-all lint/suspicious/noTemplateCurlyInString: texts of templates
import { beforeAll, describe, expect, test } from "@jest/globals";
import { UsageError } from "../../lib/model/errors.ts";
import { passwordRule } from "../../lib/prevent/templates/password-rule.ts";
import { formats, renderReport } from "../../lib/report/formats.ts";
import { policyRuleIds } from "../../rules/index.ts";
import { checkText, verdictOn } from "./check-text.ts";

const rule = "password-not-in-template";
const secret = "hunter2hunter2";
const withPassword = (value: string, parameters = "P: { Type: String }", rest = "") => `Parameters: { ${parameters} }
${rest}
Resources: { S: { Type: AWS::SecretsManager::Secret }, Db: { Type: AWS::RDS::DBInstance, Properties: { Engine: mysql, MasterUserPassword: ${value} } } }`;
const dynamic = "'{{resolve:secretsmanager:orders:SecretString:password}}'";
const condition = "Conditions: { C: !Equals [!Ref Q, a] }";

/** The template, and the part of the message that says where the password comes from; null if it is not in the template. */
const cases: readonly (readonly [name: string, template: string, message: string | null])[] = [
  ["literal", withPassword(secret), "is written in plain text"],
  ["a number", withPassword("12345678"), "is written in plain text"],
  ["literal in Fn::Sub", withPassword(`!Sub ${secret}`), "is written in plain text"],
  ["literal in Fn::Join", withPassword("!Join ['', [hunter2, hunter2]]"), "is written in plain text"],
  [
    "literal in a mapping",
    withPassword("!FindInMap [M, a, b]", "P: { Type: String }", `Mappings: { M: { a: { b: ${secret} } } }`),
    "is written in plain text",
  ],
  [
    "literal in one branch",
    withPassword(`!If [C, !Ref 'AWS::NoValue', ${secret}]`, "Q: { Type: String }", condition),
    "is written in plain text",
  ],
  [
    "literal in the branch that is taken",
    withPassword(`!If [C, ${secret}, !Ref P]`, "P: { NoEcho: true }, Q: { Default: a }", condition),
    "is written in plain text",
  ],
  [
    "literal in the branch that is not taken",
    withPassword(`!If [C, ${secret}, !Ref P]`, "P: { NoEcho: true }, Q: { Default: b }", condition),
    null,
  ],
  [
    "the default of a parameter",
    withPassword("!Ref P", `P: { NoEcho: true, Default: ${secret} }`),
    "is the default of P, in plain text",
  ],
  ["a parameter that is shown", withPassword("!Ref P"), "is the parameter P without NoEcho"],
  ["a parameter that is shown, in Fn::Sub", withPassword("!Sub '${P}'"), "is the parameter P without NoEcho"],
  ["a parameter with NoEcho", withPassword("!Ref P", "P: { NoEcho: true }"), null],
  ["a parameter with an empty default", withPassword("!Ref P", "P: { NoEcho: true, Default: '' }"), null],
  ["a parameter with a dynamic reference", withPassword("!Ref P", `P: { Default: ${dynamic} }`), null],
  [
    "a parameter in Systems Manager",
    withPassword("!Ref P", "P: { Type: 'AWS::SSM::Parameter::Value<String>', Default: name }"),
    null,
  ],
  ["a dynamic reference", withPassword(dynamic), null],
  [
    "a dynamic reference to a secret of the template",
    withPassword("!Sub '{{resolve:secretsmanager:${S}::password}}'"),
    null,
  ],
  [
    "a dynamic reference in Fn::Join, as CDK writes it",
    withPassword("!Join ['', ['{{resolve:secretsmanager:', !Ref S, ':SecretString:password::}}']]"),
    null,
  ],
  ["Systems Manager", withPassword("'{{resolve:ssm-secure:orders:1}}'"), null],
  ["another resource", withPassword("!GetAtt S.Password"), null],
  ["another stack", withPassword("!ImportValue password"), null],
  ["nothing", withPassword("!Ref 'AWS::NoValue'"), null],
  ["an empty text", withPassword("''"), null],
];

describe("where a password comes from", () => {
  test.each(cases)("%s", (_, text, message) => {
    const finding = checkText(text).findings.find((one) => one.rule === rule);
    if (message === null) expect(finding).toBeUndefined();
    else expect(finding?.message).toContain(`The master password of DB instance Db ${message}`);
  });

  test("a password of the parameter file", () => {
    const text = withPassword("!Ref P", "P: { NoEcho: true }");
    const report = checkText(text, { parameters: new Map([["P", secret]]) });
    expect(report.findings.find((one) => one.rule === rule)?.message).toContain(
      "is the value of P in the parameter file",
    );
  });

  test("the unmanaged finding says where it comes from", () => {
    const messageOf = (text: string) =>
      checkText(text).findings.find((one) => one.rule === "master-password-managed")?.message;
    expect(messageOf(withPassword(dynamic))).toContain(
      "its password comes from a secret that RDS does not manage or rotate",
    );
    expect(messageOf(withPassword("!Ref P", "P: { NoEcho: true }"))).toContain("its password is the parameter P");
    expect(messageOf(withPassword("'{{resolve:ssm-secure:orders:1}}'"))).toContain("a parameter of Systems Manager");
  });
});

describe("no format contains a password, in any byte", () => {
  const texts = cases.map(([, text]) => text).filter((text) => /hunter2|12345678/.test(text));
  const outputs: { name: string; text: string; output: Buffer }[] = [];
  beforeAll(async () => {
    for (const name of Object.keys(formats))
      for (const text of texts) {
        const parts = await renderReport(name, checkText(text), { width: 100, color: true, reasons: {}, rules: [] });
        outputs.push({ name, text, output: Buffer.from([...parts].join("")) });
      }
  });
  test("there are outputs of every format", () => {
    expect(texts.length).toBeGreaterThan(7);
    expect(outputs).toHaveLength(texts.length * Object.keys(formats).length);
  });
  test.each([
    "hunter2",
    "12345678",
    Buffer.from(secret).toString("base64").slice(0, 12),
    Buffer.from(secret).toString("hex"),
  ])("%s", (needle) => {
    expect(
      outputs.filter(({ output }) => output.includes(Buffer.from(needle))).map(({ name, text }) => [name, text]),
    ).toEqual([]);
  });
});

describe("a password without its quotes is not in the refusal of the file", () => {
  test.each([
    "!hunter2",
    "!hunter2!hunter2",
    "*hunter2",
    "@hunter2",
    '"a" hunter2',
    '"\\hunter2"',
    "'hunter2",
    "{hunter2",
    "&hunter2 *hunter2",
    "[hunter2}",
    "`hunter2",
    "%hunter2: |x",
  ])("%s", (value) => {
    const template = `Resources:\n  Db:\n    Type: AWS::RDS::DBInstance\n    Properties:\n      MasterUserPassword: ${value}\n      Engine: mysql\n`;
    let output: string;
    try {
      output = JSON.stringify(checkText(template));
    } catch (error) {
      expect(error).toBeInstanceOf(UsageError);
      output = String((error as Error).message);
    }
    expect(output).not.toContain("hunter2");
    expect(output).toMatch(/template.yaml/);
  });
});

describe("the policy", () => {
  const text =
    "Resources: { Db: { Type: AWS::RDS::DBInstance, Properties: { Engine: mysql, MasterUserPassword: hunter2 } } }";
  const findingBy = (policy: string) => checkText(text, { policy }).findings.find((finding) => finding.rule === rule);

  test("can change the severity of password-not-in-template", () => {
    expect(findingBy("{}")?.severity).toBe("critical");
    expect(findingBy(`severities: { ${rule}: low }`)?.severity).toBe("low");
  });

  test("can turn it off", () => {
    expect(findingBy(`rulesOff: [${rule}]`)).toBeUndefined();
  });

  test("can exempt from it alone", () => {
    const exemption = `{ match: { engine: mysql }, rules: [${rule}], owner: team, reason: legacy, until: 2099-01-01 }`;
    expect(findingBy(`exemptions: [${exemption}]`)?.exemption).toMatchObject({ owner: "team" });
    expect(verdictOn(checkText(text, { policy: `exemptions: [${exemption}]` }), "Db")).toBe("NON_COMPLIANT");
  });

  test("knows the rule by its id", () => {
    expect(policyRuleIds.at(-1)).toBe(passwordRule.id);
  });
});
