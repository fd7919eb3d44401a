/**
 * Measures the import of the packaged audit function, compared with a bare handler that imports the same SDK clients. Each import runs in
 * its own process; they alternate. The bare handler is bundled as esbuild bundles the SDK, and also with the plugins of the functions.
 */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { build, type Plugin } from "esbuild";
import { unzipSync } from "fflate";

const run = promisify(execFile);
const rounds = 15;

const { literalKeys } = createRequire(import.meta.url)("../deploy/esbuild-plugins.cjs") as { literalKeys: Plugin };

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

/** What imports took, one value a round, and the size of the files that they load. */
type Import = {
  readonly milliseconds: readonly number[];
  readonly cpuMilliseconds: readonly number[];
  readonly bytes: number;
};

export type StartUp = Readonly<Record<"audit" | "bare" | "lean", Import>>;

/** Packages the service and imports the audit and the bare handlers in turn. `lean` is the bare handler with the functions' plugins. */
export async function measureStartUp(): Promise<StartUp> {
  const folder = mkdtempSync(join(tmpdir(), "start-up-"));
  try {
    const files = {
      audit: await packageAudit(folder),
      bare: await bundleBare(join(folder, "bare.mjs"), []),
      lean: await bundleBare(join(folder, "lean.mjs"), [literalKeys]),
    };
    const names = ["bare", "audit", "lean"] as const;
    const imports = { audit: startOf(files.audit), bare: startOf(files.bare), lean: startOf(files.lean) };
    for (let round = 0; round < rounds; round += 1)
      for (const name of names) {
        const { milliseconds, cpuMilliseconds } = await importOnce(files[name]);
        imports[name].milliseconds.push(milliseconds);
        imports[name].cpuMilliseconds.push(cpuMilliseconds);
      }
    return imports;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function startOf(file: string) {
  return { milliseconds: [] as number[], cpuMilliseconds: [] as number[], bytes: loadedBytes(file) };
}

/** The size of a module and of the files that it imports statically. */
function loadedBytes(file: string, counted = new Set<string>()): number {
  if (counted.has(file)) return 0;
  counted.add(file);
  const imported = [...readFileSync(file, "utf8").matchAll(/(?:from|import)"\.\/([\w.-]+\.mjs)"/g)];
  return imported.reduce(
    (sum, [, name = ""]) => sum + loadedBytes(join(dirname(file), name), counted),
    statSync(file).size,
  );
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

/** Bundles the bare handler with the options of serverless.yml, but into one file. */
async function bundleBare(outfile: string, plugins: Plugin[]): Promise<string> {
  const imports = Object.entries(clients).map(([name, client]) => `import { ${client} } from "${name}";`);
  await build({
    stdin: {
      contents: `${imports.join("\n")}\nexport const handler = () => [${Object.values(clients).join(", ")}];`,
      resolveDir: process.cwd(),
    },
    outfile,
    plugins,
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

/** Imports a bundle in a new process with an environment that the audit accepts. */
async function importOnce(file: string): Promise<{ milliseconds: number; cpuMilliseconds: number }> {
  const topic = "arn:aws:sns:eu-west-1:111111111111:topic";
  const env = {
    ...process.env,
    REGIONS: "eu-west-1",
    REPORT_BUCKET: "reports",
    FINDINGS_TOPIC_ARN: topic,
    ALERTS_TOPIC_ARN: topic,
  };
  const script = `
    const before = process.cpuUsage();
    const startedAt = performance.now();
    await import(${JSON.stringify(file)});
    const milliseconds = performance.now() - startedAt;
    const { user, system } = process.cpuUsage(before);
    console.log(JSON.stringify({ milliseconds, cpuMilliseconds: (user + system) / 1000 }));`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", script], { env });
  return JSON.parse(stdout);
}
