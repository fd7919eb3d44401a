import { auditActions, auditPolicy } from "../lib/audit/permissions.ts";
import { defaultPolicy } from "../lib/model/default-policy.ts";
import { rules } from "../rules/index.ts";
import type { Settings } from "./settings.ts";

/** A value that CloudFormation computes. */
export type Intrinsic = { readonly [name: `Fn::${string}`]: unknown } | { readonly Ref: string };

export type Statement = {
  readonly Sid: string;
  readonly Effect: "Allow" | "Deny";
  readonly Action: string | readonly string[];
  readonly Resource: string | Intrinsic | readonly (string | Intrinsic)[];
  readonly Condition?: unknown;
};

/** Parts of the stack that statements name. */
export type Places = {
  readonly findingsTopicArn: string | Intrinsic;
  readonly alertsTopicArn: string | Intrinsic;
  readonly kmsKeyArn: string | Intrinsic;
};

/** The ARN of a part of the stack. */
const arnOf = (logicalId: string): Intrinsic => ({ "Fn::GetAtt": [logicalId, "Arn"] });

const pseudo = (name: string) => `\${AWS::${name}}`;
const ownAccount = pseudo("AccountId");

/** An ARN of things that are not of the stack; each part can be `*`. */
function arn(service: string, region: string, account: string, resource: string): Intrinsic {
  return { "Fn::Sub": `arn:${pseudo("Partition")}:${service}:${region}:${account}:${resource}` };
}

/** No role of this project may read a secret's value, whatever else somebody attaches to it. */
const neverTheValues: readonly Statement[] = auditPolicy(rules, defaultPolicy).Statement.flatMap((statement) =>
  statement.Effect === "Deny" ? [{ ...statement, Effect: "Deny" }] : [],
);

/** On what each action of an audit is allowed; the first that matches. `*` only where AWS knows no resource. */
const resourcesOf: readonly (readonly [sid: string, actions: RegExp, resource: Statement["Resource"]])[] = [
  ["Databases", /^rds:Describe/, arn("rds", "*", ownAccount, "*")],
  [
    "SecretsOfRDS",
    /^secretsmanager:(DescribeSecret|GetResourcePolicy)$/,
    arn("secretsmanager", "*", ownAccount, "secret:rds!*"),
  ],
  // A database may name a key of another account.
  ["Keys", /^kms:DescribeKey$/, arn("kms", "*", "*", "key/*")],
  ["Regions", /^account:ListRegions$/, arn("account", "", ownAccount, "account")],
  ["Lists", /^(secretsmanager:ListSecrets|sts:GetCallerIdentity)$/, "*"],
];

/** What the audit reads, as its rules declare it. Throws where an action is new here: somebody has to say on what it is allowed. */
export function readingStatements(actions: readonly string[]): readonly Statement[] {
  const unknown = actions.find((action) => !resourcesOf.some(([, pattern]) => pattern.test(action)));
  if (unknown !== undefined) throw new Error(`deploy/permissions.ts does not say on what ${unknown} is allowed`);
  return resourcesOf.flatMap(([Sid, pattern, Resource]) => {
    const Action = actions.filter((action) => pattern.test(action));
    return Action.length > 0 ? [{ Sid, Effect: "Allow", Action, Resource } as const] : [];
  });
}

/** What every function needs: to write its own log, its traces, and what it gave up on. */
function runningStatements(name: "Audit" | "Recheck" | "ConfigRule"): readonly Statement[] {
  return [
    {
      Sid: "Log",
      Effect: "Allow",
      Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
      Resource: arnOf(`${name}LogGroup`),
    },
    // X-Ray knows no resources.
    { Sid: "Trace", Effect: "Allow", Action: ["xray:PutTelemetryRecords", "xray:PutTraceSegments"], Resource: "*" },
    { Sid: "GiveUp", Effect: "Allow", Action: "sqs:SendMessage", Resource: arnOf(`${name}DeadLetters`) },
  ];
}

/** What publishing needs: the bucket, the two topics, the key of the three, and Security Hub if it is on. */
function publishingStatements(settings: Settings, places: Places): readonly Statement[] {
  return [
    {
      Sid: "Reports",
      Effect: "Allow",
      Action: ["s3:GetObject", "s3:PutObject"],
      Resource: { "Fn::Join": ["/", [arnOf("ReportBucket"), "*"]] },
    },
    // Without it S3 answers "forbidden" where nothing is there yet.
    { Sid: "NoReportYet", Effect: "Allow", Action: "s3:ListBucket", Resource: arnOf("ReportBucket") },
    { Sid: "Tell", Effect: "Allow", Action: "sns:Publish", Resource: [places.findingsTopicArn, places.alertsTopicArn] },
    { Sid: "Encrypt", Effect: "Allow", Action: ["kms:Decrypt", "kms:GenerateDataKey"], Resource: places.kmsKeyArn },
    ...(settings.securityHub === "on"
      ? [
          {
            Sid: "SecurityHub",
            Effect: "Allow",
            Action: "securityhub:BatchImportFindings",
            Resource: arn("securityhub", "*", ownAccount, `product/${ownAccount}/default`),
          } as const,
        ]
      : []),
  ];
}

/** What AWS Config is asked; it knows no resources for evaluations. In other accounts a role of theirs does all of it. */
function evaluatingStatements({ configAccounts, configRoleName }: Settings): readonly Statement[] {
  return [
    { Sid: "Evaluate", Effect: "Allow", Action: "config:PutEvaluations", Resource: "*" },
    {
      Sid: "Evaluated",
      Effect: "Allow",
      Action: "config:GetComplianceDetailsByConfigRule",
      Resource: arn("config", pseudo("Region"), ownAccount, "config-rule/*"),
    },
    ...(configAccounts.length > 0
      ? [
          {
            Sid: "OtherAccounts",
            Effect: "Allow",
            Action: "sts:AssumeRole",
            Resource: configAccounts.map((account) => arn("iam", "", account, `role/${configRoleName}`)),
          } as const,
        ]
      : []),
  ];
}

/** The statements of each role. */
export function permissions(settings: Settings, places: Places) {
  const reads = auditActions(rules, defaultPolicy);
  const ofOneRegion = reads.filter((action) => action !== "account:ListRegions");
  const publishing = publishingStatements(settings, places);
  return {
    audit: [...readingStatements(reads), ...publishing, ...runningStatements("Audit"), ...neverTheValues],
    recheck: [...readingStatements(reads), ...publishing, ...runningStatements("Recheck"), ...neverTheValues],
    configRule: [
      ...readingStatements(ofOneRegion),
      ...evaluatingStatements(settings),
      ...runningStatements("ConfigRule"),
      ...neverTheValues,
    ],
    scheduler: [
      { Sid: "Audit", Effect: "Allow", Action: "lambda:InvokeFunction", Resource: arnOf("AuditLambdaFunction") },
      { Sid: "GiveUp", Effect: "Allow", Action: "sqs:SendMessage", Resource: arnOf("AuditDeadLetters") },
      ...neverTheValues,
    ],
  } satisfies Record<string, readonly Statement[]>;
}
