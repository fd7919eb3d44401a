/**
 * Measures the import of the packaged audit function, compared with a bare handler that imports the same SDK clients and is bundled
 * with the same options. Each import runs in its own process; the two alternate.
 */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { unzipSync } from "fflate";

const run = promisify(execFile);
const rounds = 20;

const clients = {
  "@aws-sdk/client-account": "AccountClient",
  "@aws-sdk/client-kms": "KMSClient",
  "@aws-sdk/client-lambda": "LambdaClient",
  "@aws-sdk/client-rds": "RDSClient",
  "@aws-sdk/client-s3": "S3Client",
  "@aws-sdk/client-secrets-manager": "SecretsManagerClient",
  "@aws-sdk/client-securityhub": "SecurityHubClient",
  "@aws-sdk/client-sns": "SNSClient",
  "@aws-sdk/client-sts": "STSClient",
};

/** Import time and bundle size of the packaged audit and of the bare handler. */
export type StartUp = {
  readonly [which in "audit" | "bare"]: { readonly milliseconds: number; readonly bytes: number };
};

/** Packages the service and imports the audit and the bare handler `rounds` times each. */
export async function measureStartUp(): Promise<StartUp> {
  const folder = mkdtempSync(join(tmpdir(), "start-up-"));
  try {
    const files = { audit: await packageAudit(folder), bare: await bundleBare(folder) };
    const times = { audit: [] as number[], bare: [] as number[] };
    for (let round = 0; round < rounds; round += 1)
      for (const which of ["bare", "audit"] as const) times[which].push(await importOnce(files[which]));
    const result = (which: "audit" | "bare") => ({
      milliseconds: median(times[which]),
      bytes: statSync(files[which]).size,
    });
    return { audit: result("audit"), bare: result("bare") };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function packageAudit(folder: string): Promise<string> {
  await run(process.execPath, ["node_modules/serverless/bin/serverless.js", "package", "--package", folder], {
    timeout: 120_000,
  });
  for (const [name, bytes] of Object.entries(unzipSync(readFileSync(join(folder, "audit.zip"))))) {
    const path = join(folder, "audit", name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  }
  return join(folder, "audit/functions/audit.mjs");
}

/** Bundles the bare handler with the options of serverless.yml. */
async function bundleBare(folder: string): Promise<string> {
  const outfile = join(folder, "bare.mjs");
  const imports = Object.entries(clients).map(([name, client]) => `import { ${client} } from "${name}";`);
  await build({
    stdin: {
      contents: `${imports.join("\n")}\nexport const handler = () => [${Object.values(clients).join(", ")}];`,
      resolveDir: process.cwd(),
    },
    outfile,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    mainFields: ["module", "main"],
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: "none",
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
  });
  return outfile;
}

/** Imports a bundle in a new process with an environment that the audit accepts. Returns milliseconds. */
async function importOnce(file: string): Promise<number> {
  const topic = "arn:aws:sns:eu-west-1:111111111111:topic";
  const env = {
    ...process.env,
    REGIONS: "eu-west-1",
    REPORT_BUCKET: "reports",
    FINDINGS_TOPIC_ARN: topic,
    ALERTS_TOPIC_ARN: topic,
  };
  const script = `const start = performance.now(); await import(${JSON.stringify(file)}); console.log(performance.now() - start);`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", script], { env });
  return Number(stdout);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
