import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { AwsCallError } from "../model/errors.ts";
import { toConsoleHost } from "../model/regions.ts";
import { backOff, type Pauses } from "../storage/back-off.ts";
import { parseStoredFile, type StoredFile } from "../storage/stored-file.ts";
import type { Stored } from "../storage/update-stored.ts";
import { toCallError, toCode, toMessage } from "./call.ts";
import { type ClientOptions, toClientConfig } from "./client-config.ts";
import { waitUntil, withSignal } from "./time-limit.ts";

export type BucketOptions = ClientOptions &
  Pauses & {
    /** Private, with versioning, and with ACLs disabled, which is the S3 default. */
    readonly bucket: string;
  };

/** S3's errors if the condition of a write does not hold, or if another write to the object is under way. */
const overtaken = ["PreconditionFailed", "ConditionalRequestConflict", "OperationAborted", "NoSuchKey"];

/** For a stored file whose content did not arrive whole. */
const readAttempts = 4;
const firstPauseMilliseconds = 200;

/** Failures after the headers of an answer, with which the SDK's own attempts end. */
const brokenOff = ["IncompleteBody", "EmptyAnswer"];

/** True for a call that AWS refused, or that the SDK repeated already. */
function isFinal(error: unknown): boolean {
  return error instanceof AwsCallError && !brokenOff.includes(error.code);
}

type Written = { readonly key: string; readonly body: string | Uint8Array; readonly type: string };
type Condition = { readonly IfMatch: string } | { readonly IfNoneMatch: "*" };

export const json = "application/json";
export const gzip = "application/gzip";

/**
 * Opens a bucket for conditional writes, which never overwrite a change of another writer. Needs `s3:GetObject` and `s3:PutObject` on the
 * objects, and `s3:ListBucket` on the bucket: without it, S3 answers 403 for a missing object.
 */
export function openBucket({ bucket: Bucket, ...options }: BucketOptions) {
  // The bucket of a deployed service is often in another Region than the one configured at a terminal.
  const endpoint = { forcePathStyle: isElsewhere(options), followRegionRedirects: true };
  const client = withSignal(new S3Client({ ...toClientConfig(options), ...endpoint }), options.signal);
  const location = (key: string) => `s3://${Bucket}/${key}`;

  /** Writes on a condition; false if it does not hold. */
  async function write({ key, body, type }: Written, condition: Condition, generatedAt?: string): Promise<boolean> {
    const writeId = crypto.randomUUID();
    const command = new PutObjectCommand({
      Bucket,
      Key: key,
      Body: body,
      ContentType: type,
      CacheControl: "no-store",
      Metadata: { "write-id": writeId, ...(generatedAt === undefined ? {} : { "generated-at": generatedAt }) },
      ...condition,
    });
    try {
      await client.send(command);
      return true;
    } catch (error) {
      if (!overtaken.includes(toCode(error))) throw toCallError("s3:PutObject", error);
      // If the answer was lost, the SDK tried again, and its own first write made the condition fail.
      return (metadataOf(error).attempts ?? 1) > 1 && (await head(key))?.metadata["write-id"] === writeId;
    }
  }

  /** Reads an object; null if it does not exist. */
  async function read(Key: string): Promise<{ version: string; body: string } | null> {
    try {
      const { Body, ETag } = await client.send(new GetObjectCommand({ Bucket, Key }));
      if (Body === undefined || ETag === undefined)
        throw new AwsCallError("s3:GetObject", "EmptyAnswer", "the answer has no content or no ETag");
      const download = Body.transformToString().catch((error: unknown) => {
        throw new AwsCallError("s3:GetObject", "IncompleteBody", `the download broke off: ${toMessage(error)}`);
      });
      return { version: ETag, body: await waitUntil(options.signal, download) };
    } catch (error) {
      if (toCode(error) === "NoSuchKey") return null;
      throw explain(error, location(Key));
    }
  }

  /** Reads the version and metadata of an object; null if it does not exist. */
  async function head(Key: string): Promise<{ version: string; metadata: Record<string, string> } | null> {
    try {
      const { ETag, Metadata = {} } = await client.send(new HeadObjectCommand({ Bucket, Key }));
      if (ETag === undefined) throw new Error("S3 returned no ETag");
      return { version: ETag, metadata: Metadata };
    } catch (error) {
      if (toCode(error) === "NotFound") return null;
      throw explain(error, location(Key));
    }
  }

  return {
    location,
    write,
    head,

    /** A link that requires a login to the account, because a presigned link would be a secret. */
    async link(key: string): Promise<string> {
      return isElsewhere(options) ? location(key) : toConsoleLink(await client.config.region(), Bucket, key);
    },

    /** Opens a JSON file in the bucket. */
    stored<T>(file: StoredFile<T>): Stored<T> {
      return {
        name: location(file.name),
        /** Reads again what is cut off or not valid: a connection that breaks, or a page of a proxy. */
        async read() {
          for (let attempt = 1; ; attempt += 1) {
            try {
              const found = await read(file.name);
              if (found === null) return { value: file.empty, version: null };
              return { value: parseStoredFile(file, found.body, location(file.name)), version: found.version };
            } catch (error) {
              if (attempt === readAttempts || isFinal(error)) throw error;
              await backOff(attempt, firstPauseMilliseconds, options);
            }
          }
        },
        write: (value, version) =>
          write({ key: file.name, body: JSON.stringify(value), type: json }, toCondition(version)),
      };
    },
  };
}

export type OpenBucket = ReturnType<typeof openBucket>;

/** The condition of a write after this version was read; null if nothing was there. */
export function toCondition(version: string | null): Condition {
  return version === null ? { IfNoneMatch: "*" } : { IfMatch: version };
}

/** True if S3 has an endpoint other than AWS's. Bucket names are then part of the path, because they do not resolve as host names. */
function isElsewhere({ endpoint }: ClientOptions): boolean {
  const { AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3 } = process.env;
  return Boolean(endpoint ?? AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL);
}

/** What the SDK adds to an error: the status of the answer, and the number of calls. */
function metadataOf(error: unknown): { readonly httpStatusCode?: number; readonly attempts?: number } {
  return (error as { $metadata?: object }).$metadata ?? {};
}

/** Adds the reason for a 403: S3 gives none for `HEAD`, and also answers 403 for a missing object if the caller may not list the bucket. */
function explain(error: unknown, location: string): AwsCallError {
  const failure = toCallError("s3:GetObject", error);
  if (metadataOf(error).httpStatusCode !== 403) return failure.withMessage(`${location}: ${failure.message}`);
  const hint = "if the object does not exist, the role also needs s3:ListBucket on the bucket";
  return new AwsCallError(failure.action, "AccessDenied", `${location} cannot be read: access denied; ${hint}`);
}

/** Link to an object in the S3 console, which opens it for users who may read it. The key must need no URL encoding. */
export function toConsoleLink(region: string, bucket: string, key: string): string {
  return `https://${toConsoleHost(region)}/s3/object/${bucket}?region=${region}&prefix=${key}`;
}
