import * as z from "zod/mini";
import { databaseIdentitySchema, databaseSchema, managements } from "./database.ts";
import { findingSchema } from "./finding.ts";
import { gapSchema, unreadOutcomes } from "./inventory.ts";

const count = z.int().check(z.nonnegative());

/** Who asked for an audit, with which command and policy. */
const requestSchema = z.object({
  /** ARNs of the callers that read AWS, as AWS STS returned them. Empty for an inventory that does not say. */
  callers: z.array(z.string()),
  /** The command line without the program, or the function and its event. */
  command: z.string(),
  /** The policy file and the SHA-256 of its bytes, in hexadecimal; null for the default policy. */
  policy: z.nullable(z.object({ file: z.string(), sha256: z.string() })),
});
export type ReportRequest = z.infer<typeof requestSchema>;

const countBySeverity = { critical: count, high: count, medium: count, low: count };

/** What became of an expected account and Region that was not seen completely: exactly one of these. */
const notSeenOutcomes = ["gap", "denied-by-scp", ...unreadOutcomes] as const;

/** A secret that RDS created and no database names, and the ARN of the database it was created for. */
const orphanedSecretSchema = z.object({
  arn: z.string(),
  createdFor: z.nullable(z.string()),
  createdAt: z.nullable(z.string()),
});

/** The numbers of a report. */
export const summarySchema = z.object({
  databases: count,
  managed: count,
  unmanaged: count,
  inherited: count,
  unsupported: count,
  outOfScope: count,
  /** Active NON_COMPLIANT findings by severity, then exempt ones, then INSUFFICIENT_DATA. */
  findings: z.object({ ...countBySeverity, exempt: count, insufficientData: count }),
});

/**
 * The result of an audit: the contract with other tools. Its JSON Schema is published with the package. Findings are sorted by severity,
 * then ARN, then rule; databases by ARN.
 */
export const reportSchema = z.object({
  schemaVersion: z.literal("1.0"),
  /** When AWS was read. Everything is judged as of this time. */
  observedAt: z.iso.datetime(),
  generatedAt: z.iso.datetime(),
  tool: z.object({ name: z.string(), version: z.string() }),
  /** Null for a report that is neither of a command nor of the service's audit of everything. */
  request: z.nullable(requestSchema),
  /** True if everything was read, every rule was evaluated, every finding is shown, and there is no active violation. */
  clean: z.boolean(),
  /** False if no earlier audit was available: `firstSeenAt` is then the time of this audit, and how long a finding has been open is not known. */
  hasHistory: z.boolean(),
  /** The filters that limit `findings` and `databases`, in words, and what they leave out. The counts are those of the whole report. Null without filters. */
  narrowedBy: z.nullable(z.object({ filters: z.array(z.string()), findingsLeftOut: count, databasesLeftOut: count })),
  coverage: z.object({
    complete: z.boolean(),
    /** Expected accounts and Regions by outcome; the outcomes add up to `expected`. An account that was not opened counts once. */
    counts: z.object({
      expected: count,
      seen: count,
      gap: count,
      deniedByScp: count,
      regionNotEnabled: count,
      accountNotActive: count,
      excluded: count,
    }),
    /** Every expected account and Region that was not seen completely. */
    notSeen: z.array(
      z.object({
        account: z.string(),
        /** The name of the account in its organization, if known. */
        accountName: z.nullable(z.string()),
        /** `*` for an account as a whole. */
        region: z.string(),
        outcome: z.enum(notSeenOutcomes),
        reason: z.string(),
      }),
    ),
    targets: z.array(
      z.object({
        account: z.string(),
        region: z.string(),
        /** Set by `check`: the template or plan that was judged instead of an account and Region. */
        file: z.optional(z.string()),
        complete: z.boolean(),
        databases: count,
        calls: count,
        /** Secrets that RDS created and no database names. Null if that is unknown: the secrets were not listed, or a list is incomplete. */
        orphanedSecrets: z.nullable(z.array(orphanedSecretSchema)),
      }),
    ),
    gaps: z.array(gapSchema),
    /** IDs of the rules that were evaluated, in their order. No other rule has findings. */
    rules: z.array(z.string()),
    /** IDs of the rules that the policy turns off. Rules that are off by default are not among them. */
    rulesOff: z.array(z.string()),
  }),
  summary: summarySchema,
  /** The number of findings by rule, for each rule that was evaluated. */
  byRule: z.record(z.string(), z.object({ violations: count, exempt: count, insufficientData: count })),
  databases: z.array(
    z.object({
      ...databaseIdentitySchema.shape,
      ...z.pick(databaseSchema, { engine: true, engineVersion: true, status: true, masterUserSecret: true, tags: true })
        .shape,
      management: z.enum(managements),
      reason: z.nullable(z.string()),
    }),
  ),
  findings: z.array(findingSchema),
  /** In a JSON report: `sha256:` and the SHA-256 of the other fields, as canonical JSON (RFC 8785). It shows a change, and is not a signature. */
  digest: z.optional(z.string()),
});
export type Report = z.infer<typeof reportSchema>;

/** A report without its findings and databases. */
export const reportSummarySchema = z.omit(reportSchema, { findings: true, databases: true, digest: true });
export type ReportSummary = z.infer<typeof reportSummarySchema>;

/** The summary of a run over an organization: that of its accounts, and each account in numbers. */
export type OrganizationSummary = ReportSummary & {
  /** Only those that were read to their end. */
  readonly accounts: readonly ({ readonly account: string; readonly name: string | null } & Pick<
    Report["summary"],
    "databases" | "findings"
  > & { readonly oldestFirstSeenAt: string | null })[];
};

/** An expected account and Region that was not seen completely. */
export type NotSeenScope = Report["coverage"]["notSeen"][number];
