import { XMLBuilder } from "fast-xml-parser";
import type { Protocol, Rendered, WireRequest } from "./protocol.ts";

const builder = new XMLBuilder();
const namespace = "http://s3.amazonaws.com/doc/2006-03-01/";

/** A response of S3: a plain body, or fields of an XML document under `root`. Lists are repeated elements. */
export type RestResponse = Omit<Rendered, "body"> & { body?: string; root?: string; fields?: object };

/** The parameters of a call to S3. Header names are lower-case. */
export type RestParams = {
  bucket: string;
  key: string;
  query: Readonly<Record<string, string>>;
  headers: Readonly<Record<string, string>>;
  body: string;
};

/** Operations by HTTP method, on an object and on a bucket. */
const onObject: Readonly<Record<string, string>> = {
  PUT: "PutObject",
  GET: "GetObject",
  HEAD: "HeadObject",
  DELETE: "DeleteObject",
};
const onBucket: Readonly<Record<string, string>> = { PUT: "CreateBucket" };

/** The operation of a request. Query parameters other than `x-id`, which repeats the operation's name, select another operation. */
function operationOf({ method }: WireRequest, { key, query }: RestParams): string {
  const asked = Object.keys(query).filter((name) => name !== "x-id");
  if (key === "" && method === "GET" && query["list-type"] === "2") return "ListObjectsV2";
  const operation = (key === "" ? onBucket : onObject)[method];
  return operation !== undefined && asked.length === 0 ? operation : `${method} ${asked.join("&")}`.trim();
}

/** The REST-XML protocol of S3, with the bucket in the path. */
export const restXml: Protocol = {
  contentType: "application/xml",
  parse: (request) => {
    const url = new URL(request.path, "http://localhost");
    const [bucket = "", ...rest] = url.pathname.slice(1).split("/");
    const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
    const params: RestParams = {
      bucket,
      key: decodeURIComponent(rest.join("/")),
      query: Object.fromEntries(url.searchParams),
      headers: Object.fromEntries(headers),
      body: request.body,
    };
    return { action: operationOf(request, params), params };
  },
  renderResponse: (_action, answer) => {
    const { root, fields, body = "", ...rest } = answer as RestResponse;
    return {
      ...rest,
      body: root === undefined ? body : `<${root} xmlns="${namespace}">${builder.build(fields)}</${root}>`,
    };
  },
  renderError: ({ code, message }, requestId) => ({
    body: `<Error>${builder.build({ Code: code, Message: message, RequestId: requestId })}</Error>`,
  }),
};
