import { connect, type OpenAws } from "./emulators.ts";

type Clients = Omit<ReturnType<typeof connect>, "destroy">;

/** A scenario's hands: the clients, and two ways to make a call, which differ in what must come of it. */
export type Stage = Clients & {
  /** Makes a call that must be answered, and records the answer under `step`. */
  answer<T>(step: string, call: Promise<T>): Promise<T>;
  /** Makes a call that must be refused, and records the error's class, code and HTTP status under `step`. */
  refusal(step: string, call: Promise<unknown>): Promise<void>;
  /** Records what is no single answer. */
  note(step: string, value: unknown): void;
  settle(): void;
};

/** One conversation with AWS, written once and held with each emulator. */
export type Scenario = { readonly name: string; play(stage: Stage): Promise<void> };

/** What was recorded, by step, in the order of the steps. */
export type Answers = Record<string, unknown>;

/** Holds a conversation with an emulator. A call that goes the other way than the scenario says is an error. */
export async function play(scenario: Scenario, aws: OpenAws): Promise<Answers> {
  const answers: Answers = {};
  const { destroy, ...clients } = connect(aws.endpoint);
  const note = (step: string, value: unknown): void => {
    if (step in answers) throw new Error(`Two steps are called "${step}"`);
    answers[step] = value;
  };
  try {
    await scenario.play({
      ...clients,
      note,
      settle: aws.settle,
      async answer(step, call) {
        const answer = await call.catch((error: unknown) => {
          throw new Error(`${aws.emulator} refuses "${step}": ${error}`, { cause: error });
        });
        note(step, answer);
        return answer;
      },
      async refusal(step, call) {
        const error: unknown = await call.then(
          () => {
            throw new Error(`${aws.emulator} does not refuse "${step}"`);
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
