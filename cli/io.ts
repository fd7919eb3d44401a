import type { AccountPort } from "../lib/collect/choose-targets.ts";
import type { RegionPort } from "../lib/collect/region-port.ts";
import type { ConsumerPort } from "../lib/consumers/find-consumers.ts";
import type { OrganizationPort } from "../lib/organization/organization-port.ts";
import type { PrerequisitePort } from "../lib/preflight/check-prerequisites.ts";
import type { SimulationPort } from "../lib/preflight/simulation.ts";
import type { Publish } from "../lib/publish/destinations.ts";
import type { RepairPort } from "../lib/remediate/repair.ts";
import { codeOf } from "./error-info.ts";
import { explainFileError, WriteError } from "./output/files.ts";

/** A stream to write to; `isTTY` if it is a terminal, `columns` wide. */
export type OutputStream = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

type CallerIdentity = Awaited<ReturnType<AccountPort["identify"]>>;

/** An account that can be read and repaired. */
export type AwsAccount = Omit<AccountPort, "identify" | "region"> & {
  /** `arn` is the caller's, as returned by AWS STS. */
  identify(region?: string): Promise<CallerIdentity & { readonly arn: string }>;
  region(scope: CallerIdentity & { readonly region: string }): RegionPort & RepairPort;
};

/** The credentials and the Region of a call that does not read the audited accounts. */
type CallerOptions = { readonly profile?: string; readonly region?: string };

/** Access to AWS. Loaded only by commands that need it, because the SDK is slow to start. */
export type Aws = {
  readonly createAccount: (options: {
    readonly name: string;
    readonly profile?: string;
    /** Ends the calls under way, and those that follow. */
    readonly signal?: AbortSignal | undefined;
    readonly endpoint?: string;
    readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
    /** Called for each page of databases that the fast reader leaves to the parser of the SDK. */
    readonly onFallback?: (() => void) | undefined;
  }) => AwsAccount;
  /** Opens the account of a role, with credentials that may assume it. */
  readonly openRole: (
    options: {
      readonly roleArn: string;
      readonly externalId?: string | undefined;
      readonly signal?: AbortSignal | undefined;
      readonly onFallback?: (() => void) | undefined;
    } & Pick<CallerOptions, "profile">,
  ) => AwsAccount;
  /** Opens AWS Organizations with credentials of the management account or of a delegated administrator. */
  readonly openOrganization: (
    options: { readonly signal?: AbortSignal | undefined } & Pick<CallerOptions, "profile">,
  ) => Promise<OrganizationPort & { close(): void }>;
  /** Starts a time limit: a signal for `createAccount`. */
  readonly startTimeLimit: (milliseconds: number, reason: string) => AbortSignal;
  readonly defaultRegion: (profile?: string) => Promise<string | null>;
  /** The profiles in the AWS configuration files. */
  readonly profileNames: () => Promise<readonly string[]>;
  /** Opens an SNS topic to publish to. */
  readonly openTopic: (topicArn: string, options: Pick<CallerOptions, "profile">) => Publish;
  /** Answers an execution that waits for approval. Throws a UsageError if none does. */
  readonly answerApproval: (
    id: string,
    answer: { readonly decision: "approved" | "rejected"; readonly by: string },
    options: CallerOptions,
  ) => Promise<void>;
  /** Opens IAM's policy simulator. */
  readonly openSimulation: (options: CallerOptions) => Promise<SimulationPort>;
  /** Opens the services that may use a database. */
  readonly openConsumers: (options: CallerOptions) => Promise<ConsumerPort>;
  /** Opens the services that a deployment uses. */
  readonly openPrerequisites: (options: CallerOptions) => Promise<PrerequisitePort>;
};

/** A command's access to the outside world, replaced in tests. */
export type Io = {
  /** The command line without the program; reports name it. */
  readonly argv?: readonly string[];
  readonly stdin: AsyncIterable<Buffer | string>;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
  readonly loadAws: () => Promise<Aws>;
  /** Resolves when the user interrupts the program (Ctrl-C). */
  readonly interrupted: () => Promise<void>;
  /** Asks the user for a line; the answer is null on Ctrl-C, Ctrl-D or the signal. Null if there is no terminal to ask at. */
  readonly ask: ((question: string, signal: AbortSignal) => Promise<string | null>) | null;
  /** Waits. Rejects early on the signal. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<unknown>;
};

/** Writes a text, or its parts one after the other, and waits until it is written. Ignores a closed pipe (`| head`). Throws a WriteError. */
export async function write(stream: OutputStream, text: string | Iterable<string>): Promise<void> {
  for (const part of typeof text === "string" ? [text] : text) if (!(await isWritten(stream, part))) return;
}

/** False if the pipe is closed. */
function isWritten(stream: OutputStream, text: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => {
      if (error == null || codeOf(error) === "EPIPE") resolve(error == null);
      else reject(new WriteError(`The output could not be written: ${explainFileError(error)}.`, { cause: error }));
    });
  });
}
