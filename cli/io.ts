import type { AccountPort } from "../lib/take-inventory.ts";

/** A stream to write to, and whether a person sits at its other end. */
export type OutputStream = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** Ways into AWS. Loaded only by the commands that need it: the SDK takes longer to start than a list of rules to print. */
export type Aws = {
  readonly createAccount: (options: {
    readonly name: string;
    readonly profile?: string;
    readonly endpoint?: string;
    readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  }) => AccountPort;
  readonly defaultRegion: (profile?: string) => Promise<string | null>;
};

/** Everything that a command has of the world, so that tests can give it another one. */
export type Io = {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
  readonly loadAws: () => Promise<Aws>;
  /** Resolves when the user wants the program to end (Ctrl-C). */
  readonly interrupted: () => Promise<void>;
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
