import type { RegionPort } from "../lib/collect/read-target.ts";
import type { AccountPort } from "../lib/collect/take-inventory.ts";
import type { Publish } from "../lib/publish/destinations.ts";
import type { RepairPort } from "../lib/remediate/repair.ts";

/** A stream to write to, and whether a person sits at its other end. */
export type OutputStream = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

type Identity = Awaited<ReturnType<AccountPort["identify"]>>;

/** An account in which things can be repaired, and whose credentials say whose word it is. */
export type Account = Omit<AccountPort, "identify" | "region"> & {
  /** `arn` is the caller's, as AWS STS names it. */
  identify(region?: string): Promise<Identity & { readonly arn: string }>;
  region(scope: Identity & { readonly region: string }): RegionPort & RepairPort;
};

/** Whose word is sent to AWS beside what is audited, and from where. */
type CallerOptions = { readonly profile?: string; readonly region?: string };

/** Ways into AWS. Loaded only by the commands that need it: the SDK takes longer to start than a list of rules to print. */
export type Aws = {
  readonly createAccount: (options: {
    readonly name: string;
    readonly profile?: string;
    readonly endpoint?: string;
    readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  }) => Account;
  readonly defaultRegion: (profile?: string) => Promise<string | null>;
  /** A way to publish to a topic of SNS. */
  readonly openTopic: (topicArn: string, options: Pick<CallerOptions, "profile">) => Publish;
  /** Answers an execution that waits for an approval. Throws a UsageError where none does. */
  readonly answerApproval: (
    id: string,
    answer: { readonly decision: "approved" | "rejected"; readonly by: string },
    options: CallerOptions,
  ) => Promise<void>;
};

/** The account of an AWS profile, or of the credentials that are there without one. */
export function openAccount({ createAccount }: Pick<Aws, "createAccount">, profile?: string): Account {
  return profile === undefined
    ? createAccount({ name: "the default credentials" })
    : createAccount({ name: `profile ${profile}`, profile });
}

/** Everything that a command has of the world, so that tests can give it another one. */
export type Io = {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
  readonly loadAws: () => Promise<Aws>;
  /** Resolves when the user wants the program to end (Ctrl-C). */
  readonly interrupted: () => Promise<void>;
  /**
   * Asks the person at the terminal, and answers with a line, or with null where they left (Ctrl-C, Ctrl-D) or the signal is given; null
   * where nobody is there.
   */
  readonly ask: ((question: string, signal: AbortSignal) => Promise<string | null>) | null;
  /** Lets time pass; ends early, with an error, where the signal is given. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<unknown>;
};

/** Writes a text and waits until it is out. A reader who went away (`| head`) is no error. */
export function write(stream: OutputStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => {
      if (error == null || ("code" in error && error.code === "EPIPE")) resolve();
      else reject(error);
    });
  });
}
