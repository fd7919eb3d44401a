/**
 * Reads a fleet once in its own process, without the command line. `audit` audits the accounts, or the organization, including the rendered
 * report; `bare` runs the SDK's paginators over the same pages, with the same clients and concurrency; `raw` gets the same pages with signed
 * requests and no SDK. Prints a `Reading` as JSON.
 */
import type { Fleet, Reading } from "./fleet.ts";
import { readWithHttp } from "./read-with-http.ts";

const [, , how, endpoint = "", fleetText = ""] = process.argv;
const fleet = JSON.parse(fleetText) as Fleet;
process.stdout.write(JSON.stringify(await read()));

/** Each way loads only what it needs. */
async function read(): Promise<Reading> {
  if (how === "raw") return readWithHttp(endpoint, fleet);
  if (how === "bare") return (await import("./read-with-sdk.ts")).readWithSdk(endpoint, fleet);
  const { auditAccounts, auditMembers } = await import("./audit-fleet.ts");
  return fleet.isOrganization === true ? auditMembers(endpoint, fleet) : auditAccounts(endpoint, fleet);
}
