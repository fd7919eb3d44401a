import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "@jest/globals";
import { readPayload } from "../../functions/wiring/read-payload.ts";

let server: Server | null = null;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** Reads what a server answers, or the message of the error. */
async function readFrom(answer: RequestListener, limits: Parameters<typeof readPayload>[1] = {}): Promise<string> {
  server = createServer(answer);
  await new Promise<void>((listening) => server?.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  return readPayload(`http://127.0.0.1:${port}/payload?X-Amz-Signature=abc123`, limits).catch(
    ({ message }: Error) => message,
  );
}

test("reads the whole text, also in parts that split a character", async () => {
  const text = `{"template":"${"ä".repeat(100_000)}"}`;
  expect(await readFrom((_, response) => void response.end(text))).toBe(text);
});

test("accepts what has the limit, and not a byte more", async () => {
  const answer: RequestListener = (_, response) => void response.end("x".repeat(1000));
  expect(await readFrom(answer, { maxBytes: 1000 })).toHaveLength(1000);
  expect(await readFrom(answer, { maxBytes: 999 })).toBe("The payload is larger than 999 bytes.");
});

test("does not wait for more than the limit of an endless answer", async () => {
  const endless: RequestListener = (_, response) => {
    const timer = setInterval(() => response.write("x".repeat(10_000)), 1);
    response.on("close", () => clearInterval(timer));
  };
  expect(await readFrom(endless, { maxBytes: 50_000 })).toBe("The payload is larger than 50000 bytes.");
});

test.each<[string, RequestListener]>([
  ["that never answers", () => {}],
  ["that stops in the middle", (_, response) => void response.write("{")],
])("ends after the time limit at a server %s, and does not say the URL", async (_, answer) => {
  expect(await readFrom(answer, { seconds: 0.2 })).toBe(
    "The payload could not be read: it took more than 0.2 seconds.",
  );
});

test.each<[string, RequestListener, RegExp]>([
  ["a denial", (_, response) => void response.writeHead(403).end("<Error/>"), /S3 answered 403\.$/],
  [
    "a redirect",
    (_, response) => void response.writeHead(302, { location: "http://127.0.0.1:9/" }).end(),
    /TypeError\.$/,
  ],
  ["a broken connection", (request) => void request.socket.destroy(), /TypeError\.$/],
])("%s is an error without the URL", async (_, answer, message) => {
  const said = await readFrom(answer);
  expect(said).toMatch(message);
  expect(said).not.toContain("Signature");
});
