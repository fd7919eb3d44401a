import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { AwsCallError } from "../model/errors.ts";
import { parseStoredFile, type StoredFile } from "../model/stored-file.ts";
import { toCallError, toCode } from "./call.ts";
import { type ClientOptions, toClientConfig } from "./client-config.ts";
import { toConsoleLink } from "./console-link.ts";

export type BucketOptions = ClientOptions & {
  /** Private, versioned and with ACLs disabled, which is how S3 makes them. */
  readonly bucket: string;
};

/** How S3 says that the condition of a write does not hold, or that another write to the same object is under way. */
const overtaken = ["PreconditionFailed", "ConditionalRequestConflict", "OperationAborted", "NoSuchKey"];

type Written = { readonly key: string; readonly body: string; readonly type: string };
type Condition = { readonly IfMatch: string } | { readonly IfNoneMatch: "*" };

export const json = "application/json";

/**
 * Opens a bucket in which nothing is written over that somebody else has written meanwhile. Needs `s3:GetObject` and `s3:PutObject` of its
 * objects and `s3:ListBucket` of the bucket, without which S3 does not say that an object is not there.
 */
export function openBucket({ bucket: Bucket, ...options }: BucketOptions) {
  // From a terminal, the bucket of a deployed service is often in another Region than the one that is configured.
  const endpoint = { forcePathStyle: isElsewhere(options), followRegionRedirects: true };
  const client = new S3Client({ ...toClientConfig(options), ...endpoint });
  const location = (key: string) => `s3://${Bucket}/${key}`;

  /** Writes unless somebody else has; false where they have. */
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
      // An answer may have been lost: then the SDK has tried again, and what was in its way is its own first write.
      return wasTriedAgain(error) && (await head(key))?.metadata["write-id"] === writeId;
    }
  }

  /** What is at a key; null where nothing is. */
  async function read(Key: string): Promise<{ version: string; body: string } | null> {
    try {
      const { Body, ETag } = await client.send(new GetObjectCommand({ Bucket, Key }));
      if (Body === undefined || ETag === undefined) throw new Error("S3 answered without the object or its ETag");
      return { version: ETag, body: await Body.transformToString() };
    } catch (error) {
      if (toCode(error) === "NoSuchKey") return null;
      throw explain(error, location(Key));
    }
  }

  /** The version and metadata of what is at a key; null where nothing is. */
  async function head(Key: string): Promise<{ version: string; metadata: Record<string, string> } | null> {
    try {
      const { ETag, Metadata = {} } = await client.send(new HeadObjectCommand({ Bucket, Key }));
      if (ETag === undefined) throw new Error("S3 answered without an ETag");
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

    /** A link for whoever is logged in to the account: one that needs no login would be a secret. */
    async link(key: string): Promise<string> {
      return isElsewhere(options) ? location(key) : toConsoleLink(await client.config.region(), Bucket, key);
    },

    /** A file that is read with its version, which is null before it is first written; a write is false where somebody else wrote since. */
    stored<T>(file: StoredFile<T>) {
      return {
        async read(): Promise<{ value: T; version: string | null }> {
          const found = await read(file.name);
          if (found === null) return { value: file.empty, version: null };
          return { value: parseStoredFile(file, found.body, location(file.name)), version: found.version };
        },
        write(value: T, version: string | null): Promise<boolean> {
          const written = { key: file.name, body: JSON.stringify(value), type: json };
          return write(written, version === null ? { IfNoneMatch: "*" } : { IfMatch: version });
        },
      };
    },
  };
}

/** Whether S3 is not at AWS's own address. Buckets are then named in the path: as part of a host name nobody would find them. */
function isElsewhere({ endpoint }: ClientOptions): boolean {
  const { AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3 } = process.env;
  return Boolean(endpoint ?? AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL);
}

function wasTriedAgain(error: unknown): boolean {
  const { attempts: made = 1 } = (error as { $metadata?: { attempts?: number } }).$metadata ?? {};
  return made > 1;
}

/** S3 gives no reason where `HEAD` is refused, and says that a missing object is forbidden to whoever may not list the bucket. */
function explain(error: unknown, location: string): AwsCallError {
  const { action, code, message } = toCallError("s3:GetObject", error);
  const { httpStatusCode } = (error as { $metadata?: { httpStatusCode?: number } }).$metadata ?? {};
  if (httpStatusCode !== 403) return new AwsCallError(action, code, `${location}: ${message}`);
  const hint = "if it is not there, the role needs s3:ListBucket of its bucket to be told so";
  return new AwsCallError(action, "AccessDenied", `${location} cannot be read: access is denied; ${hint}`);
}
