import * as z from "zod/mini";

/** One audit of an organization by the deployed service. */
const runSchema = z.object({
  /** The ID of the event that started it: the scheduled time. */
  id: z.string(),
  /** The ARN of its durable execution. */
  execution: z.string(),
  startedAt: z.iso.datetime(),
  /** Null while it runs, and for one that failed. */
  endedAt: z.nullable(z.iso.datetime()),
});
export type OrganizationRun = z.infer<typeof runSchema>;

/** The last run that started, so that a second one does not run at the same time. Null before the first. */
export const lastRunSchema = z.object({ schemaVersion: z.literal("1.0"), run: z.nullable(runSchema) });
export type LastRun = z.infer<typeof lastRunSchema>;

/** The organization, as the gap of its management account needs it. */
const organizationSchema = z.object({ id: z.string(), managementAccount: z.string() });

/** Every account that a run is expected to cover, written before any of them is read. */
export const expectedAccountsSchema = z.object({
  schemaVersion: z.literal("1.0"),
  /** The ID of the run. */
  run: z.string(),
  organization: organizationSchema,
  accounts: z.array(
    z.object({
      account: z.string(),
      name: z.string(),
      /** Why the account is not read; null if it is. */
      unread: z.nullable(z.object({ outcome: z.enum(["account-not-active", "excluded"]), reason: z.string() })),
    }),
  ),
});
export type ExpectedAccounts = z.infer<typeof expectedAccountsSchema>;

/** What a worker needs to know of its run. */
export const runReferenceSchema = z.object({ id: z.string(), day: z.iso.date(), organization: organizationSchema });
export type RunReference = z.infer<typeof runReferenceSchema>;
