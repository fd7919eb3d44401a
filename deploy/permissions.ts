import { auditActions } from "../lib/audit/permissions.ts";
import { UsageError } from "../lib/model/errors.ts";
import type { Policy } from "../lib/model/policy.ts";
import { secretValueReads } from "../lib/model/secret.ts";
import { repairReads } from "../lib/plan/repair-permissions.ts";
import { runKeys } from "../lib/storage/run-files.ts";
import { earlierLedgerFile, lastRunFile, ledgerFileOf, remediationStateFile } from "../lib/storage/stored-file.ts";
import { rules } from "../rules/index.ts";
import { changingStatements, keyTrialStatements } from "./repair-permissions.ts";
import type { Settings } from "./settings.ts";
import { arn, arnOf, type Intrinsic, ownAccount, pseudo, type Statement } from "./statement.ts";

/** The function that the schedule starts, and the queue for starts that failed. */
export function scheduledFunction({ organization }: Pick<Settings, "organization">) {
  return organization === "on"
    ? { arn: { Ref: "AuditOrganizationDurableLambdaAlias" }, deadLetters: arnOf("AuditOrganizationDeadLetters") }
    : { arn: arnOf("AuditLambdaFunction"), deadLetters: arnOf("AuditDeadLetters") };
}

/** The resources that a deployment may bring along. */
export type ResourceArns = {
  readonly findingsTopicArn: string | Intrinsic;
  readonly alertsTopicArn: string | Intrinsic;
  readonly kmsKeyArn: string | Intrinsic;
};

/** Denies the values of secrets to every role of this project, whatever else is attached to it. */
export const neverTheValues: readonly Statement[] = [
  {
    Sid: "NeverTheValues",
    Effect: "Deny",
    Action: secretValueReads,
    Resource: "*",
  },
];

/** The resource on which each action of an audit is allowed; the first match applies. `*` only for actions without resource-level permissions. */
const resourcesOf: readonly (readonly [sid: string, actions: RegExp, resource: Statement["Resource"]])[] = [
  ["Databases", /^rds:Describe(?!Events$)/, arn("rds", "*", ownAccount, "*")],
  [
    "SecretsOfRDS",
    /^secretsmanager:(DescribeSecret|GetResourcePolicy)$/,
    arn("secretsmanager", "*", ownAccount, "secret:rds!*"),
  ],
  // A database may name a key of another account.
  ["Keys", /^kms:DescribeKey$/, arn("kms", "*", "*", "key/*")],
  ["KeyPolicies", /^kms:(GetKeyPolicy|ListGrants)$/, arn("kms", "*", ownAccount, "key/*")],
  ["Regions", /^account:ListRegions$/, arn("account", "", ownAccount, "account")],
  ["Lists", /^(rds:DescribeEvents|secretsmanager:ListSecrets|sts:GetCallerIdentity)$/, "*"],
];

/** Allows the given read actions. Throws for an action without an entry in `resourcesOf`. */
export function readingStatements(actions: readonly string[]): readonly Statement[] {
  const unknown = actions.find((action) => !resourcesOf.some(([, pattern]) => pattern.test(action)));
  if (unknown !== undefined)
    throw new Error(`${unknown} has no resource. Add it to resourcesOf in deploy/permissions.ts.`);
  return resourcesOf.flatMap(([Sid, pattern, Resource]) => {
    const Action = actions.filter((action) => pattern.test(action));
    return Action.length > 0 ? [{ Sid, Effect: "Allow", Action, Resource } as const] : [];
  });
}

/** What every function needs: its own log, and its traces. */
function loggingStatements(name: string): readonly Statement[] {
  return [
    {
      Sid: "Log",
      Effect: "Allow",
      Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
      Resource: arnOf(`${name}LogGroup`),
    },
    // X-Ray has no resource-level permissions for these.
    { Sid: "Trace", Effect: "Allow", Action: ["xray:PutTelemetryRecords", "xray:PutTraceSegments"], Resource: "*" },
  ];
}

/** What the function of the template hook may do. */
export const hookStatements: readonly Statement[] = [...loggingStatements("TemplateHook"), ...neverTheValues];

/** What CloudFormation may do to invoke that function. */
export const hookInvokerStatements: readonly Statement[] = [
  { Sid: "Judge", Effect: "Allow", Action: "lambda:InvokeFunction", Resource: arnOf("TemplateHookLambdaFunction") },
  ...neverTheValues,
];

/** The same, and the dead-letter queue, for functions that are invoked asynchronously. */
function runningStatements(
  name: "Audit" | "Recheck" | "ConfigRule" | "Remediate" | "AuditOrganization",
): readonly Statement[] {
  return [
    ...loggingStatements(name),
    { Sid: "DeadLetters", Effect: "Allow", Action: "sqs:SendMessage", Resource: arnOf(`${name}DeadLetters`) },
  ];
}

/** Importing findings about the account into AWS Security Hub. */
export const importingStatement: Statement = {
  Sid: "SecurityHub",
  Effect: "Allow",
  Action: "securityhub:BatchImportFindings",
  Resource: arn("securityhub", "*", ownAccount, `product/${ownAccount}/default`),
};

function inBucket(key: string): Intrinsic {
  return { "Fn::Join": ["/", [arnOf("ReportBucket"), key]] };
}

/** Reading and writing these objects of the bucket. */
function storing(Sid: string, names: readonly string[]): Statement {
  return { Sid, Effect: "Allow", Action: ["s3:GetObject", "s3:PutObject"], Resource: names.map(inBucket) };
}

/** The objects that every publication changes. */
const changingObjects = ({ remediation }: Settings) =>
  [ledgerFileOf("*"), ...(remediation === "on" ? [remediationStateFile] : [])].map(({ name }) => name);

/** What a full audit stores besides: the latest report, the day's run, and dated reports, which S3 lets it write only once. */
const reportStatements: readonly Statement[] = [
  storing("LatestReport", ["latest.json", "latest.html", "runs/*"]),
  { Sid: "ReadReports", Effect: "Allow", Action: "s3:GetObject", Resource: inBucket("reports/*") },
  {
    Sid: "NewReports",
    Effect: "Allow",
    Action: "s3:PutObject",
    Resource: inBucket("reports/*"),
    Condition: { Null: { "s3:if-none-match": "false" } },
  },
];

/** What writers to the bucket and these topics need besides the objects. */
function notifyingStatements(
  { kmsKeyArn }: ResourceArns,
  topicArns: readonly (string | Intrinsic)[],
): readonly Statement[] {
  return [
    // Without it S3 answers "forbidden" for an object that does not exist yet.
    { Sid: "MissingObjects", Effect: "Allow", Action: "s3:ListBucket", Resource: arnOf("ReportBucket") },
    { Sid: "Notify", Effect: "Allow", Action: "sns:Publish", Resource: topicArns },
    { Sid: "Encrypt", Effect: "Allow", Action: ["kms:Decrypt", "kms:GenerateDataKey"], Resource: kmsKeyArn },
  ];
}

/** What publishing needs: the ledger, and the repair state if there are repairs, the two topics, their key, and Security Hub if it is on. */
function publishingStatements(settings: Settings, arns: ResourceArns): readonly Statement[] {
  return [
    storing("Objects", changingObjects(settings)),
    { Sid: "EarlierLedger", Effect: "Allow", Action: "s3:GetObject", Resource: inBucket(earlierLedgerFile.name) },
    ...notifyingStatements(arns, [arns.findingsTopicArn, arns.alertsTopicArn]),
    ...(settings.securityHub === "on" ? [importingStatement] : []),
  ];
}

/** What evaluations for AWS Config need. `PutEvaluations` has no resource-level permissions. In other accounts, a role there does everything. */
function evaluatingStatements({ configAccounts, configRoleName }: Settings): readonly Statement[] {
  return [
    { Sid: "Evaluate", Effect: "Allow", Action: "config:PutEvaluations", Resource: "*" },
    {
      Sid: "PastEvaluations",
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

/** What an event of a member account needs: asking whether it is a member and which units it is in, and its role. */
function memberStatements({ organization, organizationId, policy }: Settings): readonly Statement[] {
  if (organization === "off") return [];
  const ofOrganization = (type: string) => arn("organizations", "", "*", `${type}/${organizationId || "o-*"}/*`);
  return [
    {
      Sid: "EventAccount",
      Effect: "Allow",
      Action: ["organizations:DescribeAccount", "organizations:ListParents"],
      Resource: [ofOrganization("account"), ofOrganization("ou")],
    },
    memberRoleStatement(policy),
  ];
}

/** Assuming the member role, by its name. Its trust policy decides in which accounts. */
function memberRoleStatement({ organization }: Policy): Statement {
  return {
    Sid: "MemberRole",
    Effect: "Allow",
    Action: "sts:AssumeRole",
    Resource: arn("iam", "", "*", `role/${organization.roleName}`),
  };
}

/** What the functions that start repairs need: the key trial, and invoking `remediate`. */
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

/** What `remediate` needs besides reading. */
function repairingStatements({ policy }: Settings, arns: ResourceArns): readonly Statement[] {
  return [
    ...changingStatements(policy),
    storing("State", [remediationStateFile.name]),
    ...notifyingStatements(arns, [arns.findingsTopicArn, arns.alertsTopicArn]),
    checkpointing("remediate"),
  ];
}

/** The name of the service with its stage, as osls variables. */
const serviceName = ["self:service", "sls:stage"].map((name) => `\${${name}}`).join("-");

/**
 * IAM's limit for the inline policies of a role, in characters without white space.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
const maxPolicySize = 10_240;

/** Longer than the ARNs of the stack's own resources. */
const longArn = "x".repeat(160);

/** The most characters that statements have after deployment, when CloudFormation has resolved their ARNs. */
function deployedSize(statements: readonly Statement[]): number {
  const resolve = (_: string, value: unknown) => {
    if (typeof value !== "object" || value === null) return value;
    if ("Fn::Sub" in value) return String(value["Fn::Sub"]).replaceAll(pseudo("Partition"), "aws-us-gov");
    return "Ref" in value || "Fn::GetAtt" in value || "Fn::Join" in value ? longArn : value;
  };
  return JSON.stringify(statements, resolve).length;
}

/** What `auditOrganization` needs: the list of accounts, its workers, the ledgers, the summary of the run, and its checkpoints by name. */
function coordinatingStatements({ policy }: Settings, arns: ResourceArns): readonly Statement[] {
  const { excludedUnits } = policy.organization;
  const unit = { Action: ["organizations:ListAccountsForParent", "organizations:ListOrganizationalUnitsForParent"] };
  return [
    {
      Sid: "Organization",
      Effect: "Allow",
      Action: ["organizations:DescribeOrganization", "organizations:ListAccounts"],
      Resource: "*",
    },
    ...(excludedUnits.length > 0
      ? [{ Sid: "ExcludedUnits", Effect: "Allow", ...unit, Resource: arn("organizations", "", "*", "ou/*") } as const]
      : []),
    {
      Sid: "Workers",
      Effect: "Allow",
      Action: "lambda:InvokeFunction",
      Resource: { "Fn::Join": [":", [arnOf("AuditAccountsLambdaFunction"), "$LATEST"]] },
    },
    storing("Run", [lastRunFile.name, runKeys.expected("*"), runKeys.summary("*"), ledgerFileOf("*").name]),
    ...notifyingStatements(arns, [arns.findingsTopicArn, arns.alertsTopicArn]),
    checkpointing("auditOrganization"),
    {
      Sid: "EarlierRun",
      Effect: "Allow",
      Action: "lambda:GetDurableExecution",
      Resource: arn("lambda", pseudo("Region"), ownAccount, `function:${serviceName}-auditOrganization:*`),
    },
  ];
}

/** What `auditAccounts` needs. The member role does everything in the accounts, this one included. */
function workingStatements({ policy }: Settings, arns: ResourceArns): readonly Statement[] {
  return [
    {
      Sid: "EnabledRegions",
      Effect: "Allow",
      Action: "account:ListRegions",
      Resource: arn("account", "", "*", "account/o-*/*"),
    },
    memberRoleStatement(policy),
    storing("Account", [ledgerFileOf("*").name, runKeys.account("*", "*")]),
    { Sid: "EarlierLedger", Effect: "Allow", Action: "s3:GetObject", Resource: inBucket(earlierLedgerFile.name) },
    ...notifyingStatements(arns, [arns.findingsTopicArn]),
  ];
}

/** Checkpoints of a durable function. They are allowed by name, because the function depends on the role. */
function checkpointing(functionName: string): Statement {
  return {
    Sid: "Checkpoint",
    Effect: "Allow",
    Action: ["lambda:CheckpointDurableExecution", "lambda:GetDurableExecutionState"],
    Resource: arn("lambda", pseudo("Region"), ownAccount, `function:${serviceName}-${functionName}:*`),
  };
}

/** The statements of each role. */
export function permissions(settings: Settings, arns: ResourceArns) {
  const isRepairing = settings.remediation === "on";
  const hasOrganization = settings.organization === "on";
  const scheduled = scheduledFunction(settings);
  const auditReads = auditActions(rules);
  const repairOnlyReads = isRepairing ? repairReads.filter((action) => action !== "kms:GenerateDataKey") : [];
  const reads = [...new Set([...auditReads, ...repairOnlyReads])].sort();
  const inOneRegion = (actions: readonly string[]) => actions.filter((action) => action !== "account:ListRegions");
  const oneDatabaseReads = reads.filter((action) => !/:List(Regions|Secrets)$|:GetCallerIdentity/.test(action));
  const publishing = [...publishingStatements(settings, arns), ...startingStatements(settings)];
  const statements = {
    audit: [
      ...readingStatements(reads),
      ...publishing,
      ...reportStatements,
      ...runningStatements("Audit"),
      ...neverTheValues,
    ],
    recheck: [
      ...readingStatements(inOneRegion(reads)),
      ...memberStatements(settings),
      ...publishing,
      ...runningStatements("Recheck"),
      ...neverTheValues,
    ],
    configRule: [
      ...readingStatements(inOneRegion(auditReads)),
      ...evaluatingStatements(settings),
      ...runningStatements("ConfigRule"),
      ...neverTheValues,
    ],
    remediate: isRepairing
      ? [
          ...readingStatements(oneDatabaseReads),
          ...repairingStatements(settings, arns),
          ...runningStatements("Remediate"),
          ...neverTheValues,
        ]
      : [],
    auditOrganization: hasOrganization
      ? [...coordinatingStatements(settings, arns), ...runningStatements("AuditOrganization"), ...neverTheValues]
      : [],
    auditAccounts: hasOrganization
      ? [...workingStatements(settings, arns), ...loggingStatements("AuditAccounts"), ...neverTheValues]
      : [],
    scheduler: [
      { Sid: "Audit", Effect: "Allow", Action: "lambda:InvokeFunction", Resource: scheduled.arn },
      { Sid: "DeadLetters", Effect: "Allow", Action: "sqs:SendMessage", Resource: scheduled.deadLetters },
      ...neverTheValues,
    ],
  } satisfies Record<string, readonly Statement[]>;
  if (deployedSize(statements.remediate) > maxPolicySize)
    throw new UsageError(
      `The policy names more databases under remediation.optIn, or more keys, than fit into the role of the function remediate (${maxPolicySize} characters). To fix this, opt databases in by tags.`,
    );
  return statements;
}
