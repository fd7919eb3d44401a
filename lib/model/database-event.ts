/** An event of RDS about a DB instance or DB cluster. `at` is ISO 8601; null if AWS leaves it out. */
export type DatabaseEvent = { readonly message: string; readonly at: string | null };

/**
 * RDS-EVENT-0088 and -0151 (started), -0154 and -0153 (RDS starts it after seven days). `DescribeEvents` does not return the IDs.
 * Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html
 */
const startMessage = /^(the )?DB (instance|cluster) (started|is being started)\b/i;

/** When a database last started, by its events; null if none reports a start. */
export function lastStartOf(events: readonly DatabaseEvent[]): string | null {
  const starts = events.flatMap(({ message, at }) => (startMessage.test(message) && at !== null ? [at] : []));
  return starts.sort().at(-1) ?? null;
}
