import type { Protocol } from "./protocol.ts";

/** Converts dates to epoch seconds, the format of AWS's JSON protocols. */
function withEpochSeconds(value: unknown): unknown {
  if (value instanceof Date) return value.getTime() / 1000;
  if (Array.isArray(value)) return value.map(withEpochSeconds);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, withEpochSeconds(field)]));
}

function parseBody(body: string): Record<string, unknown> {
  return body === "" ? {} : JSON.parse(body);
}

const renderResponse: Protocol["renderResponse"] = (_action, answer) => ({
  body: JSON.stringify(withEpochSeconds(answer)),
});

/** The JSON 1.1 protocol of Secrets Manager, KMS, and AWS Config: `X-Amz-Target` names the action. `messageField` differs by service. */
export function json11(messageField: "message" | "Message"): Protocol {
  return {
    contentType: "application/x-amz-json-1.1",
    parse: ({ target, body }) => ({ action: target?.split(".")[1] ?? "", params: parseBody(body) }),
    renderResponse,
    renderError: ({ code, message }) => ({ body: JSON.stringify({ __type: code, [messageField]: message }) }),
  };
}

/** The REST-JSON protocol. `actions` maps paths to actions; any other path is itself the action, such as `POST /listRegions`. */
export function restJson(actions: Readonly<Record<string, string>> = {}): Protocol {
  return {
    contentType: "application/json",
    parse: ({ path, body }) => {
      const [target = ""] = path.split("?");
      const name = target.slice(1);
      return { action: actions[target] ?? name.charAt(0).toUpperCase() + name.slice(1), params: parseBody(body) };
    },
    renderResponse,
    renderError: ({ code, message }) => ({ body: JSON.stringify({ message }), headers: { "x-amzn-errortype": code } }),
  };
}
