import { connect, type OpenAws } from "./emulators.ts";

type Clients = Omit<ReturnType<typeof connect>, "destroy">;

/** What a scenario works with: the clients, and ways to make and record calls. */
export type Stage = Clients & {
  /** Makes a call that must succeed, and records its response as `step`. */
  succeeds<T>(step: string, call: Promise<T>): Promise<T>;
  /** Makes a call that must fail, and records the error's class, code, and HTTP status as `step`. */
  fails(step: string, call: Promise<unknown>): Promise<void>;
  /** Records a value that is not a single response. */
  record(step: string, value: unknown): void;
  settle(): void;
};

/** A series of calls to AWS, which each emulator runs. */
export type Scenario = { readonly name: string; play(stage: Stage): Promise<void> };

/** The recorded values by step, in order. */
export type Responses = Record<string, unknown>;

/** Runs a scenario on an emulator. Throws if a call succeeds or fails contrary to the scenario. */
export async function play(scenario: Scenario, aws: OpenAws): Promise<Responses> {
  const responses: Responses = {};
  const { destroy, ...clients } = connect(aws.endpoint);
  const record = (step: string, value: unknown): void => {
    if (step in responses) throw new Error(`Duplicate step "${step}"`);
    responses[step] = value;
  };
  try {
    await scenario.play({
      ...clients,
      record,
      settle: aws.settle,
      async succeeds(step, call) {
        const response = await call.catch((error: unknown) => {
          throw new Error(`${aws.emulator} rejects "${step}": ${error}`, { cause: error });
        });
        record(step, response);
        return response;
      },
      async fails(step, call) {
        const error: unknown = await call.then(
          () => {
            throw new Error(`${aws.emulator} does not reject "${step}"`);
          },
          (refused: unknown) => refused,
        );
        if (!(error instanceof Error) || !("$metadata" in error)) throw error;
        const { httpStatusCode } = error.$metadata as { httpStatusCode?: number };
        record(step, { error: error.name, code: "Code" in error ? error.Code : error.name, status: httpStatusCode });
      },
    });
  } finally {
    destroy();
  }
  return responses;
}
