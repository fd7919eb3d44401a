import type { Command } from "commander";
import { assembleReport } from "../lib/audit/assemble-report.ts";
import { UsageError } from "../lib/model/errors.ts";
import { parsePolicy } from "../lib/model/policy.ts";
import { count } from "../lib/report/text/count.ts";
import { rules } from "../rules/index.ts";
import { commandNameOf } from "./command-name.ts";
import { codeOf } from "./error-info.ts";
import { exitStatus } from "./exit-status.ts";
import { type Io, write } from "./io.ts";
import { addOutputOptions, checkOutput, type OutputOptions, writeReport } from "./report-output.ts";
import { takeInventoryWithProgress } from "./source.ts";
import { version } from "./version.ts";

type DemoOptions = OutputOptions & { readonly serve?: true; readonly port?: number };

/** How many seconds pass there in one here: a repair can be watched, and is done before anybody is tired of it. */
const pace = 10;

const examples = `
Examples:
  rds-password-audit demo
  rds-password-audit demo --format json --output demo.json
  rds-password-audit demo --serve --port 4566`;

/** `demo`: audits a sample organization that is simulated on this machine; needs no AWS account and no network. */
export function addDemo(program: Command, io: Io, end: (status: number) => void): void {
  addOutputOptions(program.command("demo").description("audit a sample organization, simulated on this machine"))
    .option("--serve", "keep the simulated AWS up, for any AWS client, until Ctrl-C")
    .option("--port <number>", "port of the simulated AWS (default: any free one)", toPort)
    .addHelpText("after", examples)
    .action(async (options: DemoOptions) => end(await demo(options, io)));
}

async function demo(options: DemoOptions, io: Io): Promise<number> {
  await checkOutput(options, []);
  const { createSampleOrganization } = await import("../simulator/organization.ts");
  const { cloud, policyYaml } = createSampleOrganization({ now: io.now() });
  const simulator = await start(cloud, options);
  try {
    const { createAccount } = await io.loadAws();
    const accounts = [...cloud.accounts.keys()].map((id) =>
      createAccount({
        name: `account ${id}`,
        endpoint: simulator.endpoint,
        credentials: { accessKeyId: id, secretAccessKey: "simulated" },
      }),
    );
    const ruleIds = rules.map(({ id }) => id);
    const policy = parsePolicy(policyYaml, "the sample policy", ruleIds);
    const inventory = await takeInventoryWithProgress({ accounts, regions: "all", policy }, io);
    const report = assembleReport(inventory, { policy, rules, generatedAt: io.now().toISOString(), version });
    await writeReport(report, options, io);
    if (!options.serve) await write(io.stderr, describeDemo(accounts.length, policyYaml, commandNameOf(io)));
    else {
      await write(io.stderr, describeServer(simulator.endpoint, [...cloud.accounts.keys()], commandNameOf(io)));
      await io.interrupted();
    }
  } finally {
    await simulator.close();
  }
  return exitStatus.clean;
}

async function start(
  cloud: Parameters<typeof import("../simulator/server.ts").startSimulator>[0],
  { port, serve }: DemoOptions,
) {
  const { startSimulator } = await import("../simulator/server.ts");
  try {
    return await startSimulator(cloud, { pace: serve ? pace : 0, ...(port === undefined ? {} : { port }) });
  } catch (error) {
    const code = codeOf(error);
    if (code === "EADDRINUSE" || code === "EACCES")
      throw new UsageError(`--port ${port} cannot be used (${code}): give another, or none.`);
    throw error;
  }
}

function toPort(value: string): number {
  const port = Number(value);
  if (/^\d{1,5}$/.test(value) && port >= 1 && port <= 65_535) return port;
  throw new UsageError(`--port takes a number from 1 to 65535, not "${value}".`);
}

function describeDemo(accounts: number, policyYaml: string, commandName: string): string {
  return `
This was a sample organization of ${count(accounts, "account")}, simulated on this machine;
no AWS account was touched. Its policy:

${policyYaml.trimEnd().replaceAll(/^/gm, "  ")}

Your own account (both only read), what a rule is about, the simulated AWS for any AWS client:

  ${commandName} audit --region eu-west-1
  ${commandName} plan --region eu-west-1
  ${commandName} explain secret-not-impaired
  ${commandName} demo --serve
`;
}

function describeServer(endpoint: string, accounts: readonly string[], commandName: string): string {
  const [account = ""] = accounts;
  return `
The simulated AWS is up until Ctrl-C. Point any AWS client at it:

  export AWS_ENDPOINT_URL=${endpoint}
  export AWS_ACCESS_KEY_ID=${account}
  export AWS_SECRET_ACCESS_KEY=simulated
  export AWS_REGION=eu-west-1

The access key id is the account: ${accounts.join(", ")}. Then, for instance:

  aws rds describe-db-instances --query 'DBInstances[].DBInstanceIdentifier'
  ${commandName} audit --all-regions
  ${commandName} plan --region eu-west-1

Time passes ten times as fast there. To repair something, a policy has to allow it (docs/remediation.md):

  ${commandName} remediate marketing --region eu-west-1 --policy policy.yaml
`;
}
