import * as kms from "@aws-sdk/client-kms";
import * as rds from "@aws-sdk/client-rds";
import * as secretsmanager from "@aws-sdk/client-secrets-manager";

type AnyClient = { send: (command: unknown) => Promise<unknown>; destroy: () => void };
type Service = { readonly Client: new (options: object) => AnyClient; readonly commands: object };

const services: Readonly<Record<string, Service>> = {
  kms: { Client: kms.KMSClient as never, commands: kms },
  rds: { Client: rds.RDSClient as never, commands: rds },
  secretsmanager: { Client: secretsmanager.SecretsManagerClient as never, commands: secretsmanager },
};

/** Names in which the AWS CLI's spelling says too little about the case: `db` is `DB` in RDS. */
const toMember = (option: string) =>
  option
    .split("-")
    .map((word) => (word === "db" ? "DB" : word.charAt(0).toUpperCase() + word.slice(1)))
    .join("");

/** Runs an AWS CLI command that the program printed, with the SDK, as the account `account` at `endpoint`. Throws what AWS answers. */
export async function runAwsCli(
  command: string,
  { endpoint, account }: { endpoint: string; account: string },
): Promise<void> {
  const [program, name = "", operation = "", ...options] = splitWords(command);
  const service = services[name];
  const { region, ...input } = toInput(options);
  if (program !== "aws" || service === undefined || typeof region !== "string")
    throw new Error(`not an AWS CLI command with a Region: ${command}`);
  const wanted = `${operation.replaceAll("-", "")}command`;
  const [, Command] = Object.entries(service.commands).find(([each]) => each.toLowerCase() === wanted) ?? [];
  if (Command === undefined) throw new Error(`${name} has no operation ${operation}`);
  const credentials = { accessKeyId: account, secretAccessKey: "simulated" };
  const client = new service.Client({ endpoint, region, credentials, maxAttempts: 1 });
  try {
    await client.send(new Command(input));
  } finally {
    client.destroy();
  }
}

/** The words of a command without substitutions, without their quotes. */
function splitWords(command: string): readonly string[] {
  return [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? "");
}

/** Options to members: `--no-x` is false, `--x` alone is true, `a=1` a structure. */
function toInput(options: readonly string[]): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const [index, option] of options.entries()) {
    if (!option.startsWith("--")) continue;
    const value = options[index + 1];
    if (value !== undefined && !value.startsWith("--")) {
      const [, field, text] = /^(\w+)=(.*)$/.exec(value) ?? [];
      const isNumber = text !== undefined && /^\d+$/.test(text);
      const structure = field === undefined ? value : { [field]: isNumber ? Number(text) : text };
      input[option === "--region" ? "region" : toMember(option.slice(2))] = structure;
    } else if (option.startsWith("--no-")) input[toMember(option.slice(5))] = false;
    else input[toMember(option.slice(2))] = true;
  }
  return input;
}
