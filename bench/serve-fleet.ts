/**
 * Serves a fleet from its own process, so that it does not count toward the time and memory of what is measured. Prints the endpoint. Answers
 * `counts` with the calls and the bytes that were sent to it since the last time, and `change` after it has turned management on or off for
 * some databases.
 */
import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage } from "node:http";
import { createCloud } from "../simulator/cloud.ts";
import { createOrganization } from "../simulator/create-organization.ts";
import { startSimulator } from "../simulator/server.ts";
import type { Fleet, FleetAnswer, FleetRequest } from "./fleet.ts";
import { instanceFields } from "./instance-fields.ts";

const fleet = JSON.parse(process.argv[2] ?? "") as Fleet;
const { accounts, regions, databases, keys, latencyMs, isOrganization, isUnmanaged = false } = fleet;

const cloud = createCloud({ now: new Date() });
for (const account of accounts) {
  for (const name of regions) {
    const region = cloud.region(account, name);
    region.addBucket("reports");
    for (const topic of ["findings", "alerts"]) region.addTopic(topic);
    const arns = Array.from({ length: keys }, () => region.addKey().Arn);
    for (let index = 0; index < databases; index += 1) {
      const kmsKeyId = arns[index % arns.length];
      const managed = isUnmanaged ? false : kmsKeyId === undefined ? true : { kmsKeyId };
      const engine = index % 2 === 0 ? "postgres" : "mysql";
      const fields = instanceFields(index, name, account);
      region.addInstance({ identifier: `database-${index}`, engine, managed, ...fields });
    }
  }
}
const [managementAccount = ""] = accounts;
if (isOrganization === true)
  createOrganization(cloud, { managementAccount, members: accounts.map((id) => ({ id, name: `account-${id}` })) });

/** The content of reports and messages. */
let bytes = 0;
subscribe("http.server.request.start", (message) => {
  const { method, headers, url } = (message as { request: IncomingMessage }).request;
  const isMessage = method === "POST" && url === "/" && /\/sns\/aws4_request/.test(headers.authorization ?? "");
  if (method === "PUT" || isMessage)
    bytes += Number(headers["content-length"] ?? headers["x-amz-decoded-content-length"] ?? 0);
});

const simulator = await startSimulator(cloud, { latencyMs });
process.stdout.write(`${simulator.endpoint}\n`);

process.on("message", (request: FleetRequest) => {
  if ("change" in request) change(request.change);
  const answer: FleetAnswer = { calls: cloud.calls.length, bytes };
  cloud.calls.length = 0;
  bytes = 0;
  process.send?.(answer);
});
process.on("SIGTERM", () => void simulator.close().then(() => process.exit(0)));

/** Gives every so many-th database a secret of its own, or takes it away. */
function change(every: number): void {
  for (const account of accounts)
    for (const name of regions) {
      const region = cloud.region(account, name);
      for (const [index, instance] of [...region.instances.values()].entries()) {
        if (index % every !== 0) continue;
        const { DBInstanceIdentifier: identifier, Engine: engine } = instance;
        region.addInstance({ identifier, engine, managed: isUnmanaged, ...instanceFields(index, name, account) });
      }
    }
}
