import { auditActions, readsOfSecretValues, repairReads } from "../lib/audit/permissions.ts";
import { UsageError } from "../lib/model/errors.ts";
import { remediationStateFile } from "../lib/model/remediation-state.ts";
import { rules } from "../rules/index.ts";
import { changingStatements, keyTrialStatements } from "./repair-permissions.ts";
import type { Settings } from "./settings.ts";
import { arn, arnOf, type Intrinsic, ownAccount, pseudo, type Statement } from "./statement.ts";

/** Parts of the stack that statements name. */
export type ResourceArns = {
  readonly findingsTopicArn: string | Intrinsic;
  readonly alertsTopicArn: string | Intrinsic;
  readonly kmsKeyArn: string | Intrinsic;
};

/** No role of this project may read a secret's value, whatever else somebody attaches to it. */
const neverTheValues: readonly Statement[] = [
  {
    Sid: "NeverTheValues",
    Effect: "Deny",
    Action: readsOfSecretValues,
    Resource: "*",
  },
];

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
function runningStatements(name: "Audit" | "Recheck" | "ConfigRule" | "Remediate"): readonly Statement[] {
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

function inBucket(key: string): Intrinsic {
  return { "Fn::Join": ["/", [arnOf("ReportBucket"), key]] };
}

/** What whoever writes to the bucket and to the topics needs beside the objects. */
function notifyingStatements(arns: ResourceArns): readonly Statement[] {
  return [
    // Without it S3 answers "forbidden" where nothing is there yet.
    { Sid: "NoReportYet", Effect: "Allow", Action: "s3:ListBucket", Resource: arnOf("ReportBucket") },
    { Sid: "Tell", Effect: "Allow", Action: "sns:Publish", Resource: [arns.findingsTopicArn, arns.alertsTopicArn] },
    { Sid: "Encrypt", Effect: "Allow", Action: ["kms:Decrypt", "kms:GenerateDataKey"], Resource: arns.kmsKeyArn },
  ];
}

/** What publishing needs: the bucket, the two topics, the key of the three, and Security Hub if it is on. */
function publishingStatements(settings: Settings, arns: ResourceArns): readonly Statement[] {
  return [
    {
      Sid: "Reports",
      Effect: "Allow",
      Action: ["s3:GetObject", "s3:PutObject"],
      Resource: inBucket("*"),
    },
    ...notifyingStatements(arns),
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

/** What those who start repairs need: to look at what decides it, and to invoke the function that does it. */
function startingStatements({ policy, remediation }: Settings): readonly Statement[] {
  if (remediation === "off") return [];
  return [
    ...keyTrialStatements(policy),
    {
      Sid: "Repair",
      Effect: "Allow",
      Action: "lambda:InvokeFunction",
      Resource: { Ref: "RemediateDurableLambdaAlias" },
    },
  ];
}

/** What the function that repairs needs beside reading. Its own log of steps is named, because the function itself needs the role first. */
function repairingStatements({ policy }: Settings, arns: ResourceArns): readonly Statement[] {
  return [
    ...changingStatements(policy),
    {
      Sid: "State",
      Effect: "Allow",
      Action: ["s3:GetObject", "s3:PutObject"],
      Resource: inBucket(remediationStateFile.name),
    },
    ...notifyingStatements(arns),
    {
      Sid: "Remember",
      Effect: "Allow",
      Action: ["lambda:CheckpointDurableExecution", "lambda:GetDurableExecutionState"],
      Resource: arn("lambda", pseudo("Region"), ownAccount, `function:${serviceName}-remediate:*`),
    },
  ];
}

/** As serverless.yml calls it, with its stage. */
const serviceName = ["self:service", "sls:stage"].map((name) => `\${${name}}`).join("-");

/** What IAM lets the inline policies of a role be, in characters. */
const maxPolicySize = 10_240;

/** The statements of each role. */
export function permissions(settings: Settings, arns: ResourceArns) {
  const isRepairing = settings.remediation === "on";
  const ofRules = auditActions(rules);
  const ofRepairs = isRepairing ? repairReads.filter((action) => action !== "kms:GenerateDataKey") : [];
  const reads = [...new Set([...ofRules, ...ofRepairs])].sort();
  const ofOneRegion = ofRules.filter((action) => action !== "account:ListRegions");
  const ofOneDatabase = reads.filter((action) => !/:List|:GetCallerIdentity/.test(action));
  const publishing = [...publishingStatements(settings, arns), ...startingStatements(settings)];
  const statements = {
    audit: [...readingStatements(reads), ...publishing, ...runningStatements("Audit"), ...neverTheValues],
    recheck: [...readingStatements(reads), ...publishing, ...runningStatements("Recheck"), ...neverTheValues],
    configRule: [
      ...readingStatements(ofOneRegion),
      ...evaluatingStatements(settings),
      ...runningStatements("ConfigRule"),
      ...neverTheValues,
    ],
    remediate: isRepairing
      ? [
          ...readingStatements(ofOneDatabase),
          ...repairingStatements(settings, arns),
          ...runningStatements("Remediate"),
          ...neverTheValues,
        ]
      : [],
    scheduler: [
      { Sid: "Audit", Effect: "Allow", Action: "lambda:InvokeFunction", Resource: arnOf("AuditLambdaFunction") },
      { Sid: "GiveUp", Effect: "Allow", Action: "sqs:SendMessage", Resource: arnOf("AuditDeadLetters") },
      ...neverTheValues,
    ],
  } satisfies Record<string, readonly Statement[]>;
  if (JSON.stringify(statements.remediate).length > maxPolicySize)
    throw new UsageError(
      `The policy names more databases under remediation.optIn, or more keys, than the role of the function remediate can hold (${maxPolicySize} characters): opt databases in by tags.`,
    );
  return statements;
}
