import { parse as parseYaml, YAMLParseError } from "yaml";
import * as z from "zod";
import { allowableActions } from "./action.ts";
import { UsageError } from "./errors.ts";
import { severities } from "./finding.ts";
import { isGlob } from "./glob.ts";
import { defaultKeyAlias, isKeyReference } from "./key.ts";
import { nearest, suggest } from "./nearest.ts";
import { isRegionName, knownRegions } from "./regions.ts";
import { isWindow } from "./window.ts";

/** A list of strings, or one string. The type is given because `z.toJSONSchema` cannot derive it from a preprocess step. */
function oneOrMore<T extends z.ZodType<string>>(item: T) {
  return z
    .preprocess(
      (value) => (Array.isArray(value) || value === undefined ? value : [value]),
      z.array(item).min(1, { error: "must not be empty", abort: true }),
    )
    .meta({ type: ["string", "array"] });
}

const account = z
  .string({
    // YAML drops leading zeros, so an account ID that is not in quotes can be shorter.
    error: ({ input }) =>
      `must be an account ID in quotes${typeof input === "number" ? `, as in "${String(input).padStart(12, "0")}"` : ""} (YAML reads digits as a number)`,
  })
  .regex(/^\d{12}$/, "must be an account ID of 12 digits");
const region = z.string().refine(isRegionName, {
  error: (issue) => `must be the name of a Region, as in eu-west-1${suggest(String(issue.input), knownRegions)}`,
});
const glob = z.string().refine(isGlob, "must be a glob with all brackets closed, as in prod-*");
const text = z.string("must be text").trim().min(1, "must not be empty");

/** Selects databases: every condition must hold, and of a list any one value. */
const matchSchema = z.strictObject({
  account: oneOrMore(account).optional(),
  region: oneOrMore(region).optional(),
  engine: oneOrMore(glob).optional(),
  identifier: oneOrMore(glob).optional(),
  tags: z
    .record(z.string(), z.string())
    .refine((tags) => Object.keys(tags).length > 0, "must not be empty")
    .optional(),
});
export type Match = z.infer<typeof matchSchema>;

const keyKinds = ["customer-managed", "aws-managed"] as const;

/** A kind of key, or one key by ARN, ID or alias. */
const keyRequirementSchema = z
  .string()
  .refine(
    (value) => (keyKinds as readonly string[]).includes(value) || isKeyReference(value),
    "must be customer-managed, aws-managed, or a key by ARN, ID or alias (alias/…)",
  )
  .transform((value) => (value === defaultKeyAlias ? "aws-managed" : value));

/** A severity in any case. */
const severity = z
  .preprocess((value) => (typeof value === "string" ? value.toLowerCase() : value), z.enum(severities))
  .meta({ enum: [...severities, ...severities.map((each) => each.toUpperCase())] });

const days = z.number("must be a number of days").positive("must be more than 0");
const hours = z.number("must be a number of hours").nonnegative("must not be negative");
const minutes = z.number("must be a number of minutes").positive("must be more than 0");

const thresholdsSchema = z.strictObject({
  /** `secret-not-stuck`: creating a secret takes minutes. */
  creatingMinutes: minutes.default(60),
  /** `secret-not-stuck`: a managed rotation usually takes less than a minute. */
  rotatingMinutes: minutes.default(60),
  /** `rotation-on-schedule`: how long after its date a rotation may take. */
  rotationGraceHours: hours.default(24),
  /** `rotation-interval-within-limit`: 90 as in Security Hub's SecretsManager.4; RDS itself sets 7. */
  rotationIntervalDays: days.default(90),
});
export type Thresholds = z.infer<typeof thresholdsSchema>;

/** A match with a condition: an empty one would select every database. */
const selectiveMatch = matchSchema.refine(
  (match) => Object.keys(match).length > 0,
  "must select databases by account, region, engine, identifier or tags",
);

const count = z.int("must be a whole number").positive("must be at least 1");

/**
 * How an audit of an organization enters its accounts, and what it leaves out. Each entry left out has a reason, which the report repeats.
 * The external ID has the form that AWS STS accepts: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
const organizationSchema = z.strictObject({
  /** The role of each account, with its path if it has one. */
  roleName: z
    .string("must be text")
    .regex(/^([\w+=,.@-]+\/)*[\w+=,.@-]{1,64}$/, "must be the name of an IAM role, as in rds-password-audit-member")
    .default("rds-password-audit-member"),
  /** What the trust policy of that role requires as `sts:ExternalId`. */
  externalId: z
    .string("must be text in quotes")
    .regex(/^[\w+=,.@:/-]{2,1224}$/, "must have 2 to 1224 letters, digits, or characters of +=,.@:/-_")
    .optional(),
  excludedAccounts: z.array(z.strictObject({ account: oneOrMore(account), reason: text })).default([]),
  /** Organizational units, with the units and accounts below them. */
  excludedUnits: z
    .array(
      z.strictObject({
        unit: oneOrMore(
          z
            .string("must be text")
            .regex(
              /^ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}$/,
              "must be the ID of an organizational unit, as in ou-ab12-11112222",
            ),
        ),
        reason: text,
      }),
    )
    .default([]),
  excludedRegions: z.array(z.strictObject({ region: oneOrMore(region), reason: text })).default([]),
});
export type OrganizationPolicy = z.infer<typeof organizationSchema>;

const namedWindows = ["maintenance", "any-time"];

const remediationSchema = z
  .strictObject({
    /** Actions that are allowed at all. */
    allow: z.array(z.enum(allowableActions)).default([]),
    /** Databases that may be changed: those that any entry matches in full. */
    optIn: z.array(selectiveMatch).default([]),
    /** Actions that need approval each time. */
    approval: z.array(z.enum(allowableActions)).default(["toggle", "enable"]),
    approvalHours: z
      .number("must be a number of hours")
      .positive("must be more than 0")
      .max(720, "must be at most 720, which is 30 days")
      .default(72),
    /** When actions may start: the database's own `maintenance` window, `any-time`, or windows in the format of RDS. */
    window: oneOrMore(
      z.string("must be text").refine((text) => namedWindows.includes(text) || isWindow(text), {
        error: ({ input }) => {
          const near = nearest(String(input), namedWindows);
          return `must be maintenance, any-time, or a window of at least 30 minutes in UTC, as in sun:02:00-sun:06:00 or 02:00-04:00${near === null ? "" : ` (did you mean "${near}"?)`}`;
        },
      }),
    ).default(["maintenance"]),
    /** Databases of one account and Region: at the same time, and within 24 hours. */
    budget: z.strictObject({ atOnce: count.default(1), perDay: count.default(5) }).default({ atOnce: 1, perDay: 5 }),
    /** Pause between two attempts on one database. */
    coolDownHours: hours.max(720, "must be at most 720, which is 30 days").default(24),
    /** After so many failures in a row nothing starts until an operator resumes repairs. */
    stopAfterFailures: count.default(3),
    /** Whether databases of a CloudFormation stack may be toggled and enabled: it causes drift from the template. */
    stackOwned: z.enum(["refuse", "allow"]).default("refuse"),
    /** Whether databases may be enabled that RDS Proxies log in to with secrets of their own, which can be those of the master user. */
    ownSecretProxies: z.enum(["refuse", "allow"]).default("refuse"),
  })
  .refine(({ allow, optIn }) => allow.length === 0 || optIn.length > 0, {
    message: "is empty: list the databases that the actions in allow may change, as in [{ tags: { stage: test } }]",
    path: ["optIn"],
    abort: true,
  });

/** The rule that finds interrupted toggles. Without it no execution would finish them. */
const recoveryRule = "toggle-not-interrupted";

/** The schema of a policy file, with the IDs of the known rules. */
export const policySchema = (ruleIds: readonly string[]) => {
  const ruleId = z
    .string()
    .refine((id) => ruleIds.includes(id), {
      error: (issue) => `is not a known rule: "${issue.input}"${suggest(String(issue.input), ruleIds)}`,
    })
    .meta({ enum: [...ruleIds] });
  const schema = z.strictObject({
    accounts: oneOrMore(account).optional(),
    regions: oneOrMore(region).optional(),
    keys: z
      .array(
        z
          .strictObject({
            match: matchSchema.default({}),
            require: oneOrMore(keyRequirementSchema).default([]),
            /** Whether the secret needs another key than the database's storage. */
            differentFromStorage: z.boolean("must be true or false").optional(),
          })
          .refine(
            ({ require, differentFromStorage }) => require.length > 0 || differentFromStorage === true,
            "needs require, differentFromStorage: true, or both",
          ),
      )
      .default([]),
    thresholds: thresholdsSchema.default(thresholdsSchema.parse({})),
    severities: z.partialRecord(ruleId, severity).default({}),
    rulesOff: z.array(ruleId).default([]),
    /** Rules that are off by default. */
    rulesOn: z.array(ruleId).default([]),
    exemptionTags: z.boolean().default(false),
    /** Tags that name the owner of a database, in any case. The first one that a database has counts. */
    ownerTags: oneOrMore(text).default(["owner", "team"]),
    exemptions: z
      .array(
        z.strictObject({
          match: selectiveMatch,
          rules: oneOrMore(ruleId).optional(),
          owner: text,
          reason: text,
          until: z.iso.date("must be a date, as in 2026-12-31"),
        }),
      )
      .default([]),
    support: z
      .strictObject({
        oracleCdb: z.enum(["supported", "unsupported"]).default("supported"),
        /** Databases whose `MasterUserAuthenticationType` is `iam-db-auth`, which RDS does not report. */
        iamDbAuth: z.array(selectiveMatch).default([]),
      })
      .default({ oracleCdb: "supported", iamDbAuth: [] }),
    organization: organizationSchema.default(organizationSchema.parse({})),
    remediation: remediationSchema.default(remediationSchema.parse({})),
  });
  const isOnAndOff = ({ rulesOff, rulesOn }: z.infer<typeof schema>) => rulesOn.some((id) => rulesOff.includes(id));
  const consistent = schema.refine((policy) => !isOnAndOff(policy), {
    message: "turns on a rule that rulesOff turns off: remove it from one of them",
    path: ["rulesOn"],
  });
  return consistent.refine(
    ({ rulesOff, remediation }) => !(rulesOff.includes(recoveryRule) && remediation.allow.includes("toggle")),
    {
      message: `switches off ${recoveryRule}, which finds interrupted toggles so that they are finished: leave it on, or remove toggle from remediation.allow`,
      path: ["rulesOff"],
    },
  );
};

/** What the operator requires. Everything has a default; by default any key is allowed. */
export type Policy = z.infer<ReturnType<typeof policySchema>>;

/**
 * Parses a policy from YAML or JSON text; messages name the file by `name`. Throws a UsageError with one line for each mistake: its location,
 * what is wrong, and the most similar known name.
 */
export function parsePolicy(text: string, name: string, ruleIds: readonly string[]): Policy {
  const schema = policySchema(ruleIds);
  const parsed = schema.safeParse(readYaml(text, name) ?? {}, { reportInput: true });
  if (parsed.success) return parsed.data;
  const known = policyJsonSchema(ruleIds);
  const { issues } = parsed.error;
  const mistakes = issues
    .filter((issue) => !followsFromUnknownKey(issue, issues))
    .flatMap(toSingleIssues)
    .map((issue) => `${name}: ${describe(innermost(issue), namesAt(known, issue.path))}.`);
  throw new UsageError([...new Set(mistakes)].join("\n"));
}

/** The JSON Schema of a policy file, for editors. */
export function policyJsonSchema(ruleIds: readonly string[]) {
  return z.toJSONSchema(policySchema(ruleIds), { io: "input" });
}

function readYaml(text: string, name: string): unknown {
  if (text.trim() === "") throw new UsageError(`${name} is empty: fill it, or use no policy file.`);
  try {
    const value: unknown = parseYaml(text, { prettyErrors: true, logLevel: "error" });
    JSON.stringify(value, refuseProto);
    return value;
  } catch (error) {
    // The parser throws a ReferenceError for an alias without an anchor, or for too many; JSON.stringify a TypeError for a cycle.
    if (!(error instanceof YAMLParseError || error instanceof ReferenceError || error instanceof TypeError))
      throw error;
    throw new UsageError(`${name} cannot be read as YAML: ${explainYamlError(error, text)}.`);
  }
}

/** Instead of the parser's words, as far as they are meant for those who program with it. */
const yamlReasons: readonly [RegExp, string][] = [
  [
    /^Source contains multiple documents.*?(?= at line|$)/,
    "it has several documents: keep one, and remove the line ---",
  ],
  [/^Excessive alias count.*/, "its aliases grow too large"],
  [/^Converting circular structure.*/, "an alias refers to itself"],
  [/^Maximum call stack size exceeded/, "it is nested too deeply"],
];

function explainYamlError(error: Error, text: string): string {
  const [first = ""] = error.message.split("\n");
  const reason = first.replace(/:$/, "");
  if (error instanceof YAMLParseError && error.code === "DUPLICATE_KEY") {
    const [key = ""] = text.slice(error.pos[0]).split(/[:\n]/);
    return reason.replace(/^Map keys must be unique/, `the key ${key} is there twice`);
  }
  return yamlReasons.reduce((result, [pattern, better]) => result.replace(pattern, better), reason);
}

/** zod silently drops this key of a record, which could leave a match that selects every database. */
function refuseProto(key: string, value: unknown): unknown {
  if (key === "__proto__") throw new ReferenceError("the key __proto__ is not allowed");
  return value;
}

type Issue = z.core.$ZodIssue;

/** True for a condition on a mapping that may fail only because one of its keys is misspelled. */
function followsFromUnknownKey({ code, path }: Issue, issues: readonly Issue[]): boolean {
  const isSamePath = (other: Issue) => JSON.stringify(other.path) === JSON.stringify(path);
  return code === "custom" && issues.some((one) => one.code === "unrecognized_keys" && isSamePath(one));
}

/** One issue for each unknown key, which zod reports together for each mapping. */
function toSingleIssues(issue: Issue): readonly Issue[] {
  return issue.code === "unrecognized_keys" ? issue.keys.map((key) => ({ ...issue, keys: [key] })) : [issue];
}

/** The issue that zod wraps if a key of a record is invalid. */
function innermost(issue: Issue): Issue {
  if (issue.code !== "invalid_key") return issue;
  const [inner] = issue.issues;
  return inner === undefined ? issue : { ...inner, path: issue.path.slice(0, -1) };
}

function describe(issue: Issue, names: readonly string[]): string {
  const location = issue.path.map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`)).join("");
  const at = location === "" ? "the policy" : `"${location.replace(/^\./, "")}"`;
  switch (issue.code) {
    case "unrecognized_keys": {
      const [key = ""] = issue.keys;
      const full = `${location}.${key}`.replace(/^\./, "");
      return `unknown key "${full}"${suggest(key, names)}`;
    }
    case "invalid_value":
      return `${at} must be ${issue.values.map((value) => `"${String(value)}"`).join(" or ")}, not ${show(issue.input)}${
        typeof issue.input === "string" ? suggest(issue.input, issue.values.map(String)).replace(/ \(known.*/, "") : ""
      }`;
    case "invalid_type":
      if (issue.input === undefined) return `${at} is missing`;
      if (issue.message.startsWith("must ")) break;
      return `${at} must be a ${yamlTypes[issue.expected] ?? issue.expected}, not ${show(issue.input)}`;
  }
  return `${at} ${issue.message}${issue.message.startsWith("must ") ? `, not ${show(issue.input)}` : ""}`;
}

const yamlTypes: Readonly<Record<string, string>> = { object: "mapping", record: "mapping", array: "list" };

function show(value: unknown): string {
  const text = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** The keys that a mapping of the policy may have. */
function namesAt(schema: unknown, path: readonly PropertyKey[]): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const { properties, items } = schema as { properties?: Record<PropertyKey, unknown>; items?: unknown };
  const [step, ...rest] = path;
  if (step === undefined) return Object.keys(properties ?? {});
  return namesAt(typeof step === "number" ? items : properties?.[step], rest);
}
