// biome-ignore-all lint/suspicious/noTemplateCurlyInString: texts of templates
import fc from "fast-check";

/** What every password in plain text contains, and nothing else does. */
export const sentinel = "sentinelpw";

type Random = { readonly one: <T>(...values: readonly T[]) => T; readonly chance: (percent: number) => boolean };
type Value = string | number | boolean | readonly Value[] | { readonly [key: string]: Value };

/** How a template is written. */
type Style = {
  readonly format: "block" | "flow" | "json" | "json-tabs" | "json-dense";
  readonly indent: 2 | 4;
  readonly eol: "\n" | "\r\n";
  readonly hasComments: boolean;
  readonly isShort: boolean;
  readonly quote: "" | '"' | "'";
  readonly endsWithNewline: boolean;
};

/** Templates with databases whose passwords come from everywhere, written in every way. */
export const anyTemplate: fc.Arbitrary<string> = fc
  .record({
    choices: fc.array(fc.nat(999), { minLength: 200, maxLength: 200 }),
    style: fc.record({
      format: fc.constantFrom("block", "block", "block", "flow", "json", "json-tabs", "json-dense"),
      indent: fc.constantFrom(2, 4),
      eol: fc.constantFrom("\n", "\n", "\r\n"),
      hasComments: fc.boolean(),
      isShort: fc.boolean(),
      quote: fc.constantFrom("", "", '"', "'"),
      endsWithNewline: fc.boolean(),
    }),
  })
  .map(({ choices, style }) => {
    let at = 0;
    const next = () => choices[at++ % choices.length] ?? 0;
    const random: Random = {
      one: (...values) => values[next() % values.length] as (typeof values)[number],
      chance: (percent) => next() % 100 < percent,
    };
    return write(aTemplate(random), style as Style, random);
  });

function aTemplate(random: Random): { [key: string]: Value } {
  const names = ["Orders", "Ledger", "Users"].slice(0, random.one(1, 2, 3));
  return {
    AWSTemplateFormatVersion: "2010-09-09",
    Parameters: {
      Stage: { Type: "String", Default: "test" },
      Hidden: { Type: "String", NoEcho: true },
      Shown: { Type: "String" },
      Given: { Type: "String", NoEcho: true, Default: `${sentinel}-given` },
    },
    Mappings: { Secrets: { test: { password: `${sentinel}-mapped` } } },
    Conditions: { IsTest: { "Fn::Equals": [{ Ref: "Stage" }, { Ref: "AWS::Region" }] } },
    Resources: {
      Bucket: { Type: "AWS::S3::Bucket" },
      Secret: { Type: "AWS::SecretsManager::Secret", Properties: { Name: "own" } },
      ...Object.fromEntries(names.map((name) => [name, aDatabase(random)])),
      ...(random.chance(30) && {
        Attachment: {
          Type: "AWS::SecretsManager::SecretTargetAttachment",
          Properties: { SecretId: { Ref: "Secret" }, TargetId: { Ref: "Orders" }, TargetType: "AWS::RDS::DBInstance" },
        },
        Rotation: {
          Type: "AWS::SecretsManager::RotationSchedule",
          DependsOn: ["Attachment"],
          Properties: { SecretId: { Ref: "Attachment" }, RotationRules: { AutomaticallyAfterDays: 30 } },
        },
      }),
      ...(random.chance(20) && {
        Client: {
          Type: "AWS::Lambda::Function",
          Properties: {
            Environment: {
              Variables: {
                PASSWORD: random.one<Value>({ Ref: "Hidden" }, { "Fn::Sub": "${Secret}" }, `${sentinel}-client`),
              },
            },
          },
        },
      }),
    },
    ...(random.chance(30) && { Outputs: { Name: { Value: random.one<Value>({ Ref: "Orders" }, { Ref: "Shown" }) } } }),
  };
}

function aDatabase(random: Random): Value {
  const isCluster = random.chance(30);
  const password = random.one<Value | null>(
    ...[null, null],
    `${sentinel}-literal`,
    { Ref: "Hidden" },
    { Ref: "Shown" },
    { Ref: "Given" },
    "{{resolve:ssm-secure:orders:1}}",
    "{{resolve:secretsmanager:own:SecretString:password}}",
    { "Fn::Sub": "{{resolve:secretsmanager:${Secret}:SecretString:password}}" },
    { "Fn::Join": ["", ["{{resolve:secretsmanager:", { Ref: "Secret" }, ":SecretString:password::}}"]] },
    { "Fn::Join": ["-", [`${sentinel}-one`, `${sentinel}-two`]] },
    { "Fn::If": ["IsTest", `${sentinel}-branch`, { Ref: "Hidden" }] },
    { "Fn::FindInMap": ["Secrets", "test", "password"] },
    { "Fn::ImportValue": "password" },
    { "Fn::GetAtt": ["Secret", "Id"] },
  );
  const managed = random.one<Value | null>(null, null, null, false, "false", true, { Ref: "Stage" });
  const properties: [string, Value][] = [
    ["Engine", isCluster ? "aurora-mysql" : "mysql"],
    [
      "MasterUsername",
      random.one<Value>("administrator", { "Fn::Sub": "{{resolve:secretsmanager:${Secret}:SecretString:username}}" }),
    ],
    ["Tags", [{ Key: "stage", Value: { Ref: "Stage" } }]],
    ...(password === null ? [] : [["MasterUserPassword", password] as [string, Value]]),
    ...(managed === null ? [] : [["ManageMasterUserPassword", managed] as [string, Value]]),
    ...(random.chance(20) ? [["MasterUserSecret", { KmsKeyId: "alias/other" }] as [string, Value]] : []),
    ...(random.chance(15)
      ? [
          ["DomainFqdn", "a.example.com"] as [string, Value],
          ["KerberosPassword", `${sentinel}-kerberos`] as [string, Value],
        ]
      : []),
  ];
  const from = random.one(0, 1, 2, 3);
  return {
    Type: isCluster ? "AWS::RDS::DBCluster" : "AWS::RDS::DBInstance",
    Properties: Object.fromEntries([...properties.slice(from), ...properties.slice(0, from)]),
  };
}

function write(template: { [key: string]: Value }, style: Style, random: Random): string {
  const text =
    style.format === "block" || style.format === "flow"
      ? `${random.chance(30) ? "---\n" : ""}${block(template, 0, style, random)}`
      : JSON.stringify(template, null, { json: style.indent, "json-tabs": "\t", "json-dense": 0 }[style.format]);
  return (style.endsWithNewline ? `${text.trimEnd()}\n` : text.trimEnd()).replaceAll("\n", style.eol);
}

/** A mapping in block style. */
function block(value: { readonly [key: string]: Value }, depth: number, style: Style, random: Random): string {
  const pad = " ".repeat(depth * style.indent);
  return Object.entries(value)
    .map(([key, inner]) => {
      const comment = style.hasComments && random.chance(15) ? `${pad}# about ${key}: { not: a, mapping }\n` : "";
      const blank = random.chance(5) ? "\n" : "";
      return `${blank}${comment}${pad}${quoteKey(key, style)}:${item(inner, depth, style, random)}`;
    })
    .join("");
}

function item(value: Value, depth: number, style: Style, random: Random): string {
  const end = style.hasComments && random.chance(15) ? " # a comment\n" : "\n";
  const isMapping = typeof value === "object" && !Array.isArray(value);
  const isFunction = isMapping && Object.keys(value).some((key) => key === "Ref" || key.startsWith("Fn::"));
  const isFlow = !isMapping || (isFunction && style.isShort) || (style.format === "flow" && depth > 0);
  if (isFlow) return ` ${flow(value, style)}${end}`;
  return `${end}${block(value as { [key: string]: Value }, depth + 1, style, random)}`;
}

function flow(value: Value, style: Style): string {
  if (typeof value === "string") return style.quote === "'" ? `'${value}'` : JSON.stringify(value);
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return `[${value.map((one) => flow(one, style)).join(", ")}]`;
  const [[name = "", argument = ""] = []] = Object.entries(value);
  if (style.isShort && name === "Ref") return `!Ref ${quoteText(argument as string)}`;
  if (style.isShort && name.startsWith("Fn::")) return `!${name.slice(4)} ${flow(argument, style)}`;
  return `{ ${Object.entries(value)
    .map(([key, inner]) => `${quoteKey(key, style)}: ${flow(inner, style)}`)
    .join(", ")} }`;
}

function quoteText(text: string): string {
  return text.includes(":") ? `"${text}"` : text;
}

function quoteKey(key: string, { quote }: Style): string {
  return `${quote}${key}${quote}`;
}
