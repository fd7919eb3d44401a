import type { Protocol } from "./protocol.ts";

/** Dates go as epoch seconds, as AWS's JSON services have them. */
function withEpochSeconds(value: unknown): unknown {
  if (value instanceof Date) return value.getTime() / 1000;
  if (Array.isArray(value)) return value.map(withEpochSeconds);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, withEpochSeconds(field)]));
}

function parseBody(body: string): Record<string, unknown> {
  return body === "" ? {} : JSON.parse(body);
}

const renderAnswer: Protocol["renderAnswer"] = (_action, answer) => ({
  body: JSON.stringify(withEpochSeconds(answer)),
});

/** JSON 1.1, as Secrets Manager, KMS and AWS Config speak it: the action in `X-Amz-Target`. `messageField` differs between them. */
export function json11(messageField: "message" | "Message"): Protocol {
  return {
    contentType: "application/x-amz-json-1.1",
    parse: ({ target, body }) => ({ action: target?.split(".")[1] ?? "", params: parseBody(body) }),
    renderAnswer,
    renderError: ({ code, message }) => ({ body: JSON.stringify({ __type: code, [messageField]: message }) }),
  };
}

/** REST-JSON: `actions` are by path; the action of another path is the path itself, as in `POST /listRegions` of Account Management. */
export function restJson(actions: Readonly<Record<string, string>> = {}): Protocol {
  return {
    contentType: "application/json",
    parse: ({ path, body }) => {
      const [target = ""] = path.split("?");
      const name = target.slice(1);
      return { action: actions[target] ?? name.charAt(0).toUpperCase() + name.slice(1), params: parseBody(body) };
    },
    renderAnswer,
    renderError: ({ code, message }) => ({ body: JSON.stringify({ message }), headers: { "x-amzn-errortype": code } }),
  };
}
