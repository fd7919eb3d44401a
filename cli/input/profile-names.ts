import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/** The names of the profiles in the shared config and credentials files. A file that cannot be read has none. */
export async function profileNames(env: NodeJS.ProcessEnv = process.env): Promise<readonly string[]> {
  const home = env.HOME ?? homedir();
  const files = [env.AWS_CONFIG_FILE || "~/.aws/config", env.AWS_SHARED_CREDENTIALS_FILE || "~/.aws/credentials"].map(
    (file) => (file.startsWith("~/") ? join(home, file.slice(2)) : file),
  );
  const texts = await Promise.all(files.map((file) => readFile(file, "utf8").catch(() => "")));
  const names = texts.flatMap((text) =>
    [...text.matchAll(/^\s*\[\s*(?:profile\s+)?(["']?)([^[\]"']+?)\1\s*\]/gm)].map(([, , name = ""]) => name),
  );
  return [...new Set(names)].filter((name) => !/^(sso-session|services)\s/.test(name)).sort();
}
