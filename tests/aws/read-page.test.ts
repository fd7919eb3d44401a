/** The fast reader of pages gives what the parser of the SDK gives, without the fields that the audit does not use. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { DescribeDBClustersCommand, DescribeDBInstancesCommand, RDSClient } from "@aws-sdk/client-rds";
import { XmlShapeDeserializer } from "@aws-sdk/core/protocols";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { createRdsProtocol } from "../../lib/aws/rds-protocol.ts";
import { fieldsOf, readPage } from "../../lib/aws/read-page.ts";
import { toCluster, toInstance } from "../../lib/aws/to-database.ts";
import { createSampleOrganization, sampleAccounts } from "../../simulator/organization.ts";
import { startSimulator } from "../../simulator/server.ts";
import { now } from "../support/builders.ts";

/** `READER=thorough` tries as many pages as a change to the reader needs. */
const runs = process.env.READER === "thorough" ? 100_000 : 3_000;

class SdkParser extends XmlShapeDeserializer {
  parse(xml: string): unknown {
    return this.parseXml(xml);
  }
}
const sdk = new SdkParser({} as ConstructorParameters<typeof XmlShapeDeserializer>[0]);

/** What the SDK's parser makes of a page, less what the reader skips. The namespace of the root means nothing to the SDK either. */
function readBySdk(xml: string): unknown {
  const { xmlns: _, ...content } = prune(sdk.parse(xml)) as Record<string, unknown>;
  return content;
}

function prune(value: unknown, name = ""): unknown {
  if (Array.isArray(value)) return value.map((one) => prune(one, name));
  if (typeof value !== "object" || value === null) return value;
  const fields = fieldsOf.get(name);
  return Object.fromEntries(
    Object.entries(value).flatMap(([child, one]) => (fields?.has(child) === false ? [] : [[child, prune(one, child)]])),
  );
}

const instances = `<?xml version="1.0" encoding="UTF-8"?>
<DescribeDBInstancesResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/">
  <DescribeDBInstancesResult>
    <DBInstances>
      <DBInstance>
        <DBInstanceIdentifier>orders</DBInstanceIdentifier>
        <VpcSecurityGroups><VpcSecurityGroupMembership><Status>active</Status></VpcSecurityGroupMembership></VpcSecurityGroups>
        <MasterUserSecret><SecretStatus>active</SecretStatus><KmsKeyId>key</KmsKeyId></MasterUserSecret>
        <PendingModifiedValues><DBInstanceClass>db.r6g.large</DBInstanceClass></PendingModifiedValues>
        <TagList><Tag><Key>team</Key><Value>R&amp;D &#65;&unknown;</Value></Tag><Tag><Key>empty</Key><Value/></Tag></TagList>
        <DomainMemberships/>
      </DBInstance>
      <DBInstance><DBInstanceIdentifier> a b </DBInstanceIdentifier><TagList/><PendingModifiedValues></PendingModifiedValues></DBInstance>
    </DBInstances>
    <Marker>next</Marker>
  </DescribeDBInstancesResult>
  <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>
</DescribeDBInstancesResponse>`;
const clusters = instances.replaceAll("DBInstance", "DBCluster");

describe("one page", () => {
  test.each([
    ["of DB instances", instances],
    ["of DB clusters", clusters],
    [
      "that is empty",
      "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances/></DescribeDBInstancesResult></DescribeDBInstancesResponse>",
    ],
  ])("%s is read as the SDK reads it", (_, xml) => {
    expect(readPage(xml)).toEqual(readBySdk(xml));
  });

  const orders = "<DBInstanceIdentifier>orders</DBInstanceIdentifier>";
  test.each([
    ["a comment", instances.replace(orders, `<!-- a -->${orders}`)],
    ["CDATA", instances.replace(orders, "<DBInstanceIdentifier><![CDATA[orders]]></DBInstanceIdentifier>")],
    ["an attribute", instances.replace("<TagList>", '<TagList a="b">')],
    ["an instruction", instances.replace(orders, `<?a?>${orders}`)],
    ["mixed content", instances.replace("<TagList>", "<TagList>text")],
    ["a blank between elements", instances.replace("<TagList><Tag>", "<TagList> <Tag>")],
    ["carriage returns", instances.replaceAll("\n", "\r\n")],
    ["a blank in a tag", instances.replace("<TagList>", "<TagList >")],
    ["a wrong end tag", instances.replace("</TagList>", "</Tags>")],
    ["a wrong end tag in a part that is skipped", instances.replace("</VpcSecurityGroups>", "</Groups>")],
    ["an element named as what objects have", instances.replace("<Tag>", "<toString>a</toString><Tag>")],
    ["100 levels", instances.replace(orders, `${"<a>".repeat(100)}${"</a>".repeat(100)}`)],
    ["another answer", "<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>"],
    ["a page of HTML", "<!doctype html><html><body>Sign in</body></html>"],
    ["nothing", ""],
    ...[10, 200, 700, instances.length - 5].map(
      (length) => [`${length} characters`, instances.slice(0, length)] as const,
    ),
  ])("with %s is left to the SDK", (_, xml) => {
    expect(readPage(xml)).toBeNull();
  });
});

test("what is read does not keep the page in memory", () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  const filler = `<DBInstance><Endpoint>${"x".repeat(1_000_000)}</Endpoint>`;
  const read: unknown[] = [];
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  // From bytes, as from the network: otherwise all pages would share a text.
  for (let page = 0; page < 20; page += 1)
    read.push(
      readPage(
        Buffer.from(instances.replace("<DBInstance>", filler).replace("orders", `orders-${page}-of-the-eu`)).toString(),
      ),
    );
  collectGarbage();
  expect(read).not.toContain(null);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(5_000_000);
});

/** Pieces that mean something in XML, or nearly. */
const pieces = [
  ..."<>/&;=\"' \n\r\t",
  ...'&amp; &#10; &#x41; &lt; &nope; &#0; <!--a--> <![CDATA[<a>]]> <?a?> <a> </a> <a/> <Tag> </Tag> <DBInstance> </DBInstance> <__proto__> xmlns="a"'.split(
    " ",
  ),
  "<constructor>a</constructor>",
  "\u00a0",
  "\ufeff",
  "\ud800",
];

/** Replaces some characters by a piece, or by characters of another place. */
const edit = fc.record({
  at: fc.nat(),
  remove: fc.oneof(fc.constant(0), fc.nat({ max: 40 })),
  insert: fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 5 }), fc.constant(null)),
  from: fc.nat(),
});

/** Puts a copy of one element after the start or end of another, or removes one. */
const move = fc.record({ element: fc.nat(), to: fc.option(fc.nat()) });

type Edit = typeof edit extends fc.Arbitrary<infer Value> ? Value : never;
type Move = typeof move extends fc.Arbitrary<infer Value> ? Value : never;

function applyEdit(xml: string, { at, remove, insert, from }: Edit): string {
  const start = at % (xml.length + 1);
  const copied = from % (xml.length + 1);
  return xml.slice(0, start) + (insert ?? xml.slice(copied, copied + 60)) + xml.slice(start + remove);
}

function applyMove(xml: string, { element, to }: Move): string {
  const elements = [...xml.matchAll(/<(\w+)>[^<]*(?:<(\w+)>[^<]*<\/\2>[^<]*)*<\/\1>/g)];
  const [text = "", index = 0] = [elements[element % elements.length]?.[0], elements[element % elements.length]?.index];
  if (to === null) return xml.slice(0, index) + xml.slice(index + text.length);
  const ends = [...xml.matchAll(/>/g)];
  const target = (ends[to % ends.length]?.index ?? 0) + 1;
  return xml.slice(0, target) + text + xml.slice(target);
}

test(`${runs} changed pages: the same tree as the SDK's, or left to the SDK`, () => {
  let read = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(instances, clusters),
      fc.array(move, { maxLength: 3 }),
      fc.array(edit, { maxLength: 1 }),
      (page, moves, edits) => {
        const xml = edits.reduce(applyEdit, moves.reduce(applyMove, page));
        const value = readPage(xml);
        if (value === null) return;
        read += 1;
        expect(value).toEqual(readBySdk(xml));
      },
    ),
    { numRuns: runs },
  );
  // Otherwise the test would compare nothing.
  expect(read).toBeGreaterThan(runs / 4);
});

describe("the pages of the simulator", () => {
  const { cloud } = createSampleOrganization({ now: new Date(now) });
  let endpoint: string;
  let close: () => Promise<void>;
  beforeAll(async () => ({ endpoint, close } = await startSimulator(cloud)));
  afterAll(() => close());

  test.each(
    Object.entries(sampleAccounts).flatMap(([name, account]) =>
      ["eu-west-1", "us-east-1", "eu-central-1"].map((region) => [name, region, account] as const),
    ),
  )("%s %s", async (_, region, accessKeyId) => {
    const config = { region, endpoint, credentials: { accessKeyId, secretAccessKey: "simulated" } };
    const scope = { partition: "aws", region, account: accessKeyId };
    const [slow, fast] = await Promise.all(
      [new RDSClient(config), new RDSClient({ ...config, protocol: createRdsProtocol() })].map(async (client) => {
        const { DBInstances, Marker } = await client.send(new DescribeDBInstancesCommand({}));
        const { DBClusters } = await client.send(new DescribeDBClustersCommand({}));
        client.destroy();
        return {
          Marker,
          instances: DBInstances?.map((one) => toInstance(one, scope)),
          clusters: DBClusters?.map((one) => toCluster(one, scope)),
        };
      }),
    );
    expect(slow?.instances).toBeDefined();
    expect(fast).toEqual(slow);
  });
});

test.each([
  ["plain", instances, 0],
  ["with a comment", instances.replace("<TagList>", "<!-- a --><TagList>"), 1],
  ["of another operation", instances.replaceAll("DescribeDBInstances", "DescribeEvents"), 0],
])("a page %s that the reader leaves to the SDK is told of", async (_, xml, expected) => {
  const server = createServer((_request, response) => response.setHeader("content-type", "text/xml").end(xml));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  let pages = 0;
  const protocol = createRdsProtocol(() => {
    pages += 1;
  });
  const credentials = { accessKeyId: "a", secretAccessKey: "b" };
  const client = new RDSClient({ region: "eu-west-1", endpoint: `http://127.0.0.1:${port}`, credentials, protocol });
  const { DBInstances } = await client.send(new DescribeDBInstancesCommand({}));
  if (expected === 1) expect(DBInstances).toHaveLength(2);
  expect(pages).toBe(expected);
  client.destroy();
  server.close();
});
