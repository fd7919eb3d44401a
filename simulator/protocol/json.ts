import type { Protocol } from "./protocol.ts";

/** Dates go as epoch seconds, as AWS's JSON services have them. */
const withEpochSeconds = (value: unknown): unknown => {
  if (value instanceof Date) return value.getTime() / 1000;
  if (Array.isArray(value)) return value.map(withEpochSeconds);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, withEpochSeconds(field)]));
};

const parseBody = (body: string): Record<string, unknown> => (body === "" ? {} : JSON.parse(body));
const renderAnswer: Protocol["renderAnswer"] = (_action, answer) => JSON.stringify(withEpochSeconds(answer));

/** JSON 1.1, as Secrets Manager and KMS speak it: the action in `X-Amz-Target`. `messageField` differs between the two. */
export const json11 = (messageField: "message" | "Message"): Protocol => ({
  contentType: "application/x-amz-json-1.1",
  parse: ({ target, body }) => ({ action: target?.split(".")[1] ?? "", params: parseBody(body) }),
  renderAnswer,
  renderError: ({ code, message }) => ({ body: JSON.stringify({ __type: code, [messageField]: message }) }),
});

/** REST-JSON, as Account Management speaks it: the action is the path, `POST /listRegions`. */
export const restJson: Protocol = {
  contentType: "application/json",
  parse: ({ path, body }) => {
    const name = path.split("?")[0]?.slice(1) ?? "";
    return { action: name.charAt(0).toUpperCase() + name.slice(1), params: parseBody(body) };
  },
  renderAnswer,
  renderError: ({ code, message }) => ({ body: JSON.stringify({ message }), headers: { "x-amzn-errortype": code } }),
};
