import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { unzipSync } from "fflate";
import { lock } from "proper-lockfile";

export type Resource = {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
};
export type Template = {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs?: Readonly<Record<string, unknown>>;
};
export type Packaged = { readonly folder: string; readonly templateFile: string; readonly template: Template };

/** The parameters of a service that repairs and judges templates. */
export const repairing = { remediation: "on", templateHook: "warn", policy: "tests/functions/repairing-policy.yaml" };

/** The exit status of a program, and its output on both streams. */
export type ProgramResult = { readonly status: number | null; readonly output: string };

/** Runs a program. One that exceeds its time is killed, and its status is null. */
export function run(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  { seconds = 120, cwd = process.cwd() } = {},
): Promise<ProgramResult> {
  return new Promise((finish) => {
    execFile(program, args, { cwd, env, timeout: seconds * 1000, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === "number" ? error.code : null;
      finish({ status, output: stdout + stderr });
    });
  });
}

/** The folders that packaging writes into. Two runs at the same time must not share them. */
const packagingFolders = [".serverless", ".esbuild"];

/** Links everything in the checkout except the packaging folders into a folder, so that test files can package at the same time. */
function linkCheckout(folder: string): string {
  mkdirSync(folder, { recursive: true });
  for (const entry of readdirSync(".", { withFileTypes: true })) {
    const link = entry.isDirectory() ? symlinkSync : cpSync;
    if (!packagingFolders.includes(entry.name)) link(resolve(entry.name), join(folder, entry.name));
  }
  return folder;
}

/** Packages the service as `npx serverless package` does, without credentials, AWS configuration or network. */
export function packageService(
  folder: string,
  parameters: Readonly<Record<string, string>> = {},
): Promise<ProgramResult> {
  const nowhere = "http://127.0.0.1:9";
  const home = join(folder, "home");
  mkdirSync(home, { recursive: true });
  const cwd = linkCheckout(join(folder, "checkout"));
  const env = { PATH: process.env.PATH, HOME: home, HTTP_PROXY: nowhere, HTTPS_PROXY: nowhere, CI: "1" };
  const params = Object.entries(parameters).map(([name, value]) => `--param=${name}=${value}`);
  const args = [
    "node_modules/serverless/bin/serverless.js",
    "package",
    "--region",
    "eu-west-1",
    "--package",
    `${folder}/packages`,
  ];
  return run(process.execPath, [...args, ...params], env, { cwd });
}

/**
 * Packages the service and reads the template. The test files of a run share what has the same parameters: nobody changes it, and the run
 * removes it. Throws with the output of osls if packaging fails.
 */
export async function readPackaged(parameters: Readonly<Record<string, string>> = {}): Promise<Packaged> {
  const folder = folderOf(parameters);
  const templateFile = join(folder, "packages", "cloudformation-template-update-stack.json");
  // One file packages, the others wait for it.
  const release = await lock(folder, { retries: { retries: 600, factor: 1, minTimeout: 200 }, stale: 120_000 });
  try {
    if (!existsSync(templateFile)) {
      const { status, output } = await packageService(folder, parameters);
      if (status !== 0) throw new Error(`packaging ended with ${status}: ${output}`);
    }
  } finally {
    await release();
  }
  return { folder, templateFile, template: JSON.parse(readFileSync(templateFile, "utf8")) as Template };
}

/** A folder in that of the test run, or a new one outside of a test run. */
function folderOf(parameters: Readonly<Record<string, string>>): string {
  const { PACKAGED_FOLDER } = process.env;
  if (PACKAGED_FOLDER === undefined) return mkdtempSync(join(tmpdir(), "rds-password-audit-"));
  const name = createHash("sha256").update(JSON.stringify(parameters)).digest("hex").slice(0, 16);
  const folder = join(PACKAGED_FOLDER, name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** The resources of a type, by logical id. */
export function ofType({ Resources }: Template, type: string): [id: string, properties: Record<string, unknown>][] {
  return Object.entries(Resources)
    .filter(([, { Type }]) => Type === type)
    .map(([id, { Properties }]) => [id, withoutNoValues(Properties) as Record<string, unknown>]);
}

/** Removes properties that are AWS::NoValue, as CloudFormation does. */
function withoutNoValues(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => !isNoValue(item)).map(withoutNoValues);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) => (isNoValue(inner) ? [] : [[name, withoutNoValues(inner)]])),
  );
}

function isNoValue(value: unknown): boolean {
  return typeof value === "object" && value !== null && "Ref" in value && value.Ref === "AWS::NoValue";
}

export type Statement = {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource?: unknown;
  readonly Principal?: string | Record<string, unknown>;
  readonly Condition?: unknown;
};

/** One value or a list of them, as a list. */
export function listOf<T>(oneOrMore: T | readonly T[] | undefined): readonly T[] {
  if (oneOrMore === undefined) return [];
  return Array.isArray(oneOrMore) ? oneOrMore : [oneOrMore as T];
}

/** The statements of all inline policies of a role. */
export function statementsOf(role: Record<string, unknown>): readonly Statement[] {
  const policies = role.Policies as readonly { PolicyDocument: { Statement: Statement[] } }[];
  return policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
}

/** The actions that a role's policies allow, sorted. */
export function allowedActions(role: Record<string, unknown>): readonly string[] {
  return statementsOf(role)
    .filter(({ Effect }) => Effect === "Allow")
    .flatMap(({ Action }) => listOf(Action))
    .sort();
}

/** The files of a zip, by name. */
export function readZip(zip: Uint8Array): ReadonlyMap<string, Buffer> {
  return new Map(Object.entries(unzipSync(zip)).map(([name, bytes]) => [name, Buffer.from(bytes)]));
}
