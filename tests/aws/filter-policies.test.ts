import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type FauxqsServer, startFauxqs } from "fauxqs";
import { publishMessages } from "../../lib/aws/publish-messages.ts";
import { toDigestMessage, toFindingMessage } from "../../lib/report/topics/finding-message.ts";
import { assortedChanges, filterPolicies } from "./sample-findings.ts";

// fauxqs is an emulator that nobody here wrote: it delivers what our simulator only keeps.
let fauxqs: FauxqsServer;
beforeAll(async () => {
  fauxqs = await startFauxqs({ port: 0, logger: false, defaultRegion: "eu-west-1" });
});
afterAll(() => fauxqs.stop());

const credentials = { accessKeyId: "111111111111", secretAccessKey: "not-verified" };

/** Publishes to a new topic with a subscribed queue, and returns what arrives. */
async function publishThrough(
  name: string,
  policy: object | null,
  messages: { body: string; attributes: Record<string, string> }[],
) {
  const { topicArn } = fauxqs.createTopic(name);
  fauxqs.createQueue(name);
  const attributes = {
    RawMessageDelivery: "true",
    ...(policy === null ? {} : { FilterPolicy: JSON.stringify(policy) }),
  };
  fauxqs.subscribe({ topic: name, queue: name, attributes });
  const refused = await publishMessages(
    topicArn,
    messages.map((message, index) => ({ id: `${index}`, ...message })),
    { endpoint: fauxqs.address, credentials },
  );
  expect(refused).toEqual([]);
  return (fauxqs.inspectQueue(name)?.messages.ready ?? []).map(({ body }) => body);
}

const changes = assortedChanges.map((change) => {
  const { body, attributes } = toFindingMessage(change);
  return { body, attributes: { ...attributes } };
});

test.each(filterPolicies.map((each, index) => ({ ...each, index })))(
  "filter policy $index lets through $passes",
  async ({ policy, passes, index }) => {
    const arrived = await publishThrough(`filtered-${index}`, policy, changes);
    expect(arrived.map((body) => JSON.parse(body).finding.resource.identifier).sort()).toEqual(passes);
  },
);

test("without a policy every message arrives unchanged", async () => {
  const arrived = await publishThrough("unfiltered", null, changes);
  expect(arrived.sort()).toEqual(changes.map(({ body }) => body).sort());
});

test("a policy about severities keeps the digest out", async () => {
  const { body, attributes } = toDigestMessage({
    generatedAt: "2026-11-24T09:00:00.000Z",
    clean: true,
    summary: {
      databases: 0,
      managed: 0,
      unmanaged: 0,
      inherited: 0,
      unsupported: 0,
      outOfScope: 0,
      findings: { critical: 0, high: 0, medium: 0, low: 0, exempt: 0, insufficientData: 0 },
    },
    complete: true,
    gaps: 0,
    oldestFirstSeenAt: null,
    emptiedRegions: [],
    reportUrl: null,
  });
  const digest = { body, attributes: { ...attributes } };
  expect(await publishThrough("no-digest", { severity: ["high"] }, [digest])).toEqual([]);
  expect(await publishThrough("digest", { type: ["audit.completed"] }, [digest])).toEqual([body]);
});

test("accepts full calls: ten messages, and 262,144 bytes", async () => {
  const ten = Array.from({ length: 10 }, (_, index) => ({ body: `${index}`, attributes: {} }));
  expect(await publishThrough("ten", null, ten)).toHaveLength(10);
  const largest = { body: "x".repeat(262_134), attributes: { a: "é!" } };
  expect(await publishThrough("largest", null, [largest])).toHaveLength(1);
});
