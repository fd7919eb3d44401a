import { createHash } from "node:crypto";
import { isDenied } from "../faults.ts";
import { pageOf } from "../paging.ts";
import type { Params } from "../params.ts";
import { type RestParams, type RestResponse, restXml } from "../protocol/rest-xml.ts";
import type { Bucket, StoredObject } from "../resources.ts";
import { SimulatedError } from "../simulated-error.ts";
import type { Region } from "../state.ts";
import type { Action, CallContext, Service, ServiceErrors } from "./service.ts";

function errorOf(code: string, message: string, status: number): SimulatedError {
  return new SimulatedError(code, message, status);
}

/** The errors of S3. */
const errors: ServiceErrors = {
  denied: (message) => errorOf("AccessDenied", message, 403),
  throttled: () => errorOf("SlowDown", "Please reduce your request rate.", 503),
  expiredToken: () => errorOf("ExpiredToken", "The provided token has expired.", 400),
  invalidToken: () =>
    errorOf("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", 403),
  unsigned: () => errorOf("AccessDenied", "Access Denied", 403),
  unknownAction: () =>
    errorOf("NotImplemented", "A header you provided implies functionality that is not implemented", 501),
};

type Operation = (params: RestParams, context: CallContext) => RestResponse;

function operation(perform: Operation): Action {
  return (params: Params, context) => perform(params as unknown as RestParams, context);
}

/** Bucket names are global; the contents are visible only to the owning account in the bucket's Region. */
function bucketIn({ bucket }: RestParams, region: Region): Bucket {
  const own = region.buckets.get(bucket);
  if (own) return own;
  for (const account of region.account.cloud.accounts.values())
    for (const other of account.regions.values()) {
      if (!other.buckets.has(bucket)) continue;
      if (account !== region.account) throw errors.denied("Access Denied");
      throw errorOf(
        "PermanentRedirect",
        "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.",
        301,
      );
    }
  throw errorOf("NoSuchBucket", "The specified bucket does not exist", 404);
}

/** The error for a missing object: `AccessDenied` unless the caller may list the bucket. */
function objectIn(params: RestParams, region: Region): StoredObject {
  const found = bucketIn(params, region).objects.get(params.key);
  if (found) return found;
  if (isDenied(region, "s3:ListBucket", params)) throw errors.denied("Access Denied");
  throw errorOf("NoSuchKey", "The specified key does not exist.", 404);
}

function failedPrecondition(): SimulatedError {
  return errorOf("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412);
}

/** Checks the conditions of a conditional write against the stored object. */
function checkConditions(headers: RestParams["headers"], there: StoredObject | undefined): void {
  const { "if-match": match, "if-none-match": noneMatch } = headers;
  if (noneMatch !== undefined && noneMatch !== "*")
    throw errorOf("NotImplemented", "A header you provided implies functionality that is not implemented", 501);
  if (noneMatch === "*" && there) throw failedPrecondition();
  if (match === undefined) return;
  if (!there) throw errorOf("NoSuchKey", "The specified key does not exist.", 404);
  if (match.replaceAll('"', "") !== there.ETag.replaceAll('"', "")) throw failedPrecondition();
}

const metadataPrefix = "x-amz-meta-";

const putObject = operation((params, { region }) => {
  const { key, headers, body } = params;
  const { objects } = bucketIn(params, region);
  if (headers["x-amz-acl"] !== undefined)
    throw errorOf("AccessControlListNotSupported", "The bucket does not allow ACLs", 400);
  // Comparing with the stored object requires permission to read it.
  if (headers["if-match"] !== undefined && isDenied(region, "s3:GetObject", params))
    throw errors.denied("Access Denied");
  checkConditions(headers, objects.get(key));
  const metadata = Object.entries(headers).filter(([name]) => name.startsWith(metadataPrefix));
  const stored: StoredObject = {
    body,
    ETag: `"${createHash("md5").update(body).digest("hex")}"`,
    LastModified: region.account.cloud.now(),
    contentType: headers["content-type"] ?? "binary/octet-stream",
    cacheControl: headers["cache-control"],
    metadata: Object.fromEntries(metadata.map(([name, value]) => [name.slice(metadataPrefix.length), value])),
  };
  objects.set(key, stored);
  return { headers: { etag: stored.ETag } };
});

const getObject = operation((params, { region }) => {
  const { body, ETag, LastModified, contentType, cacheControl, metadata } = objectIn(params, region);
  return {
    body,
    contentType,
    headers: {
      etag: ETag,
      "last-modified": LastModified.toUTCString(),
      "content-length": String(contentType === "application/gzip" ? body.length : Buffer.byteLength(body)),
      ...(cacheControl !== undefined && { "cache-control": cacheControl }),
      ...Object.fromEntries(Object.entries(metadata).map(([name, value]) => [`${metadataPrefix}${name}`, value])),
    },
  };
});

/** Compares by code unit. */
function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

const listObjects = operation((params, { region }) => {
  const { bucket, query } = params;
  const prefix = query.prefix ?? "";
  const size = Number(query["max-keys"] ?? 1000);
  const found = [...bucketIn(params, region).objects].filter(([key]) => key.startsWith(prefix)).sort(byKey);
  const { items, next } = pageOf(found, {
    size: Math.min(size, 1000),
    token: query["continuation-token"],
    scope: `ListObjectsV2/${bucket}/${prefix}`,
    invalid: () => errorOf("InvalidArgument", "The continuation token provided is incorrect", 400),
  });
  return {
    root: "ListBucketResult",
    fields: {
      Name: bucket,
      Prefix: prefix,
      KeyCount: items.length,
      MaxKeys: size,
      IsTruncated: next !== undefined,
      ...(next !== undefined && { NextContinuationToken: next }),
      Contents: items.map(([Key, { ETag, LastModified, body }]) => ({
        Key,
        LastModified: LastModified.toISOString(),
        ETag,
        Size: Buffer.byteLength(body),
        StorageClass: "STANDARD",
      })),
    },
  };
});

/** Amazon S3: text objects in buckets without versions and ACLs. */
export const s3: Service = {
  protocol: restXml,
  errors,
  permissions: { HeadObject: "GetObject", ListObjectsV2: "ListBucket" },
  actions: {
    CreateBucket: operation(({ bucket }, { region }) => {
      if (!region.buckets.has(bucket)) region.addBucket(bucket);
      return { headers: { location: `/${bucket}` } };
    }),
    PutObject: putObject,
    GetObject: getObject,
    HeadObject: getObject,
    ListObjectsV2: listObjects,
    DeleteObject: operation((params, { region }) => {
      bucketIn(params, region).objects.delete(params.key);
      return { status: 204 };
    }),
  },
};
