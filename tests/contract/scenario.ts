import { connect, type OpenAws } from "./emulators.ts";

type Clients = Omit<ReturnType<typeof connect>, "destroy">;

/** What a scenario works with: the clients, and ways to make and record calls. */
export type Stage = Clients & {
  /** Makes a call that must succeed, and records its response as `step`. */
  answer<T>(step: string, call: Promise<T>): Promise<T>;
  /** Makes a call that must fail, and records the error's class, code, and HTTP status as `step`. */
  refusal(step: string, call: Promise<unknown>): Promise<void>;
  /** Records a value that is not a single response. */
  note(step: string, value: unknown): void;
  settle(): void;
};

/** A series of calls to AWS, which each emulator runs. */
export type Scenario = { readonly name: string; play(stage: Stage): Promise<void> };

/** The recorded values by step, in order. */
export type Answers = Record<string, unknown>;

/** Runs a scenario on an emulator. Throws if a call succeeds or fails contrary to the scenario. */
export async function play(scenario: Scenario, aws: OpenAws): Promise<Answers> {
  const answers: Answers = {};
  const { destroy, ...clients } = connect(aws.endpoint);
  const note = (step: string, value: unknown): void => {
    if (step in answers) throw new Error(`Duplicate step "${step}"`);
    answers[step] = value;
  };
  try {
    await scenario.play({
      ...clients,
      note,
      settle: aws.settle,
      async answer(step, call) {
        const answer = await call.catch((error: unknown) => {
          throw new Error(`${aws.emulator} rejects "${step}": ${error}`, { cause: error });
        });
        note(step, answer);
        return answer;
      },
      async refusal(step, call) {
        const error: unknown = await call.then(
          () => {
            throw new Error(`${aws.emulator} does not reject "${step}"`);
          },
          (refused: unknown) => refused,
        );
        if (!(error instanceof Error) || !("$metadata" in error)) throw error;
        const { httpStatusCode } = error.$metadata as { httpStatusCode?: number };
        note(step, { error: error.name, code: "Code" in error ? error.Code : error.name, status: httpStatusCode });
      },
    });
  } finally {
    destroy();
  }
  return answers;
}
