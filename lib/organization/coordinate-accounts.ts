/**
 * What a coordinator runs on: a Lambda durable function, or the process itself. Results are JSON and are checkpointed; a coordinator that
 * runs again gets the same results under the same names in the same order. Code outside of these methods runs again on every replay.
 */
export type Coordination = {
  /** Runs `work` and checkpoints its result. One operation. */
  step<T>(name: string, work: () => Promise<T>): Promise<T>;
  /**
   * Invokes a worker for each batch of accounts, several at the same time. Answers for each batch whether its worker ended: false if it
   * died, timed out or was throttled. One operation, and two for each batch.
   */
  invokeAll(name: string, events: readonly BatchEvent[]): Promise<readonly boolean[]>;
};

/** The event of a worker. The other fields are those of its run. */
type BatchEvent = { readonly accounts: Batch };

/** Account IDs. */
type Batch = readonly string[];

/**
 * Invocations of each round. Together with the steps of a run, both rounds cost at most 2,207 operations, even if every worker dies. Lambda
 * ends an execution after 3,000. Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html#durable-functions-quotas
 */
const maxInvocations = { first: 500, again: 600 } as const;

/** Accounts of one worker, if they are few enough. */
const minBatchSize = 5;

/**
 * Has workers read accounts in batches, then those of failed batches again, one by one as far as the operations of an execution allow. A
 * worker that fails stops no other. Returns the accounts whose workers did not end, in any try.
 */
export async function coordinateAccounts(
  { invokeAll }: Pick<Coordination, "invokeAll">,
  accounts: readonly string[],
  toEvent: (accounts: Batch) => BatchEvent,
): Promise<readonly string[]> {
  const invoke = async (name: string, batches: readonly Batch[]): Promise<readonly string[]> => {
    if (batches.length === 0) return [];
    const ended = await invokeAll(name, batches.map(toEvent));
    return batches.filter((_, index) => ended[index] !== true).flat();
  };
  const failed = await invoke("accounts", toBatches(accounts, minBatchSize, maxInvocations.first));
  return invoke("again", toBatches(failed, 1, maxInvocations.again));
}

/** Batches of at least so many accounts, and not more batches than allowed. */
function toBatches(accounts: readonly string[], minSize: number, maxBatches: number): readonly Batch[] {
  const size = Math.max(minSize, Math.ceil(accounts.length / maxBatches));
  return Array.from({ length: Math.ceil(accounts.length / size) }, (_, index) =>
    accounts.slice(index * size, (index + 1) * size),
  );
}
