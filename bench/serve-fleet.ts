/** Serves a healthy fleet from its own process, so that it does not count toward the audit's time and memory. Prints the endpoint. */
import { createCloud } from "../simulator/cloud.ts";
import { createOrganization } from "../simulator/create-organization.ts";
import { startSimulator } from "../simulator/server.ts";
import type { Fleet } from "./fleet.ts";
import { instanceFields } from "./instance-fields.ts";

const { accounts, regions, databases, keys, latencyMs, isOrganization } = JSON.parse(process.argv[2] ?? "") as Fleet;

const cloud = createCloud({ now: new Date() });
for (const account of accounts) {
  for (const name of regions) {
    const region = cloud.region(account, name);
    const arns = Array.from({ length: keys }, () => region.addKey().Arn);
    for (let index = 0; index < databases; index += 1) {
      const kmsKeyId = arns[index % arns.length];
      const managed = kmsKeyId === undefined ? true : { kmsKeyId };
      const engine = index % 2 === 0 ? "postgres" : "mysql";
      const fields = instanceFields(index, name, account);
      region.addInstance({ identifier: `database-${index}`, engine, managed, ...fields });
    }
  }
}
const [managementAccount = ""] = accounts;
if (isOrganization === true)
  createOrganization(cloud, { managementAccount, members: accounts.map((id) => ({ id, name: `account-${id}` })) });
const simulator = await startSimulator(cloud, { latencyMs });
process.stdout.write(`${simulator.endpoint}\n`);
process.on("SIGTERM", () => void simulator.close().then(() => process.exit(0)));
