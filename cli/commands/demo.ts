import { createHash } from "node:crypto";
import type { Command } from "commander";
import { assembleReport } from "../../lib/audit/assemble-report.ts";
import { UsageError } from "../../lib/model/errors.ts";
import { parsePolicy } from "../../lib/model/policy.ts";
import { count } from "../../lib/report/text/count.ts";
import { rules } from "../../rules/index.ts";
import { commandNameOf, describeCommand } from "../command-name.ts";
import { codeOf } from "../error-info.ts";
import { exitStatus } from "../exit-status.ts";
import { takeInventoryWithProgress } from "../input/source.ts";
import { type Io, write } from "../io.ts";
import { addOutputOptions, chooseOutputs, type OutputOptions, writeReport } from "../output/report-output.ts";
import { deleteStateOf } from "../repairs/state-option.ts";
import { version } from "../version.ts";

type DemoOptions = OutputOptions & { readonly serve?: true; readonly port?: number };

/** Simulated seconds per second: a repair takes minutes there. */
const pace = 10;

const examples = `
With --serve, the simulated AWS keeps running, and the program prints the variables that point an AWS client at it. While they are set, plan, remediate, stop and resume use a separate repair state, never that of your accounts.

Examples:
  rds-password-audit demo
  rds-password-audit demo --format json --output demo.json
  rds-password-audit demo --serve --port 4566`;

/** `demo`: audits a sample organization, simulated on this machine. Needs no AWS account and no network. */
export function addDemo(program: Command, io: Io, end: (status: number) => void): void {
  addOutputOptions(program.command("demo").description("audit a sample organization, simulated on this machine"))
    .option("--serve", "keep the simulated AWS running for any AWS client until Ctrl-C")
    .option("--port <number>", "port for --serve (default: any free port)", toPort)
    .addHelpText("after", examples)
    .action(async (options: DemoOptions) => end(await demo(options, io)));
}

async function demo(options: DemoOptions, io: Io): Promise<number> {
  if (options.port !== undefined && !options.serve)
    throw new UsageError("--port has no effect without --serve: add --serve, or omit --port.");
  const outputs = await chooseOutputs(options, []);
  const { createSampleOrganization, sampleAccounts, sampleManagementAccount } = await import(
    "../../simulator/organization.ts"
  );
  const { cloud, policyYaml } = createSampleOrganization({ now: io.now() });
  const simulator = await start(cloud, options);
  try {
    const { createAccount } = await io.loadAws();
    const accountIds = Object.values(sampleAccounts);
    const accounts = accountIds.map((id) =>
      createAccount({
        name: `account ${id}`,
        endpoint: simulator.endpoint,
        credentials: { accessKeyId: id, secretAccessKey: "simulated" },
      }),
    );
    const ruleIds = rules.map(({ id }) => id);
    const policy = parsePolicy(policyYaml, "the sample policy", ruleIds);
    const sha256 = createHash("sha256").update(policyYaml).digest("hex");
    const inventory = await takeInventoryWithProgress({ accounts, regions: "all", policy }, io);
    const report = assembleReport(inventory, {
      ...{ policy, rules, generatedAt: io.now().toISOString(), version },
      request: { command: describeCommand(io), policy: { file: "the sample policy", sha256 } },
    });
    await writeReport(report, outputs, io);
    if (!options.serve) await write(io.stderr, describeDemo(accounts.length, policyYaml, commandNameOf(io)));
    else {
      await deleteStateOf(simulator.endpoint, io.env);
      await write(
        io.stderr,
        describeServer(simulator.endpoint, accountIds, sampleManagementAccount, commandNameOf(io)),
      );
      await io.interrupted();
    }
  } finally {
    await simulator.close();
    if (options.serve) await deleteStateOf(simulator.endpoint, io.env);
  }
  return exitStatus.clean;
}

async function start(
  cloud: Parameters<typeof import("../../simulator/server.ts").startSimulator>[0],
  { port, serve }: DemoOptions,
) {
  const { startSimulator } = await import("../../simulator/server.ts");
  try {
    return await startSimulator(cloud, { pace: serve ? pace : 0, ...(port === undefined ? {} : { port }) });
  } catch (error) {
    const code = codeOf(error);
    if (code === "EADDRINUSE" || code === "EACCES")
      throw new UsageError(`--port ${port} cannot be used (${code}): give another port, or omit the option.`);
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

Next, audit your own account and plan its repairs (both only read), read about a rule,
or keep the simulated AWS running for any AWS client:

  ${commandName} audit --region eu-west-1
  ${commandName} plan --region eu-west-1
  ${commandName} explain secret-not-impaired
  ${commandName} demo --serve
`;
}

function describeServer(
  endpoint: string,
  accounts: readonly string[],
  managementAccount: string,
  commandName: string,
): string {
  const [account = ""] = accounts;
  return `
The simulated AWS runs until Ctrl-C. Point any AWS client at it:

  export AWS_ENDPOINT_URL=${endpoint}
  export AWS_ACCESS_KEY_ID=${account}
  export AWS_SECRET_ACCESS_KEY=simulated
  export AWS_REGION=eu-west-1

The access key ID selects the account: ${accounts.join(", ")}, or
${managementAccount}, which manages the organization of the others (docs/organization.md). Then, for example:

  aws rds describe-db-instances --query 'DBInstances[].DBInstanceIdentifier'
  ${commandName} audit --all-regions
  ${commandName} plan --region eu-west-1

Time passes ten times as fast there. Repairs need a policy that allows them (docs/remediation.md):

  ${commandName} remediate marketing --region eu-west-1 --policy policy.yaml

While AWS_ENDPOINT_URL is set, repairs use a repair state of their own (locks, history, stop),
never that of your accounts. It is deleted when the simulated AWS stops.
`;
}
