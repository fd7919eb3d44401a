import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../../lib/model/errors.ts";
import { readManifest } from "../../lib/prevent/cloudformation/cdk-output.ts";
import type { StackTarget } from "../../lib/prevent/cloudformation/resolve.ts";
import { readText } from "../output/files.ts";

/** The text of a file to check, and what is known about where it is deployed. */
export type CdkTemplate = {
  readonly file: string;
  readonly text: string;
  readonly target: StackTarget;
  /** True if the templates of its nested stacks are checked too. */
  readonly nestedAreJudged: boolean;
};

/** Stages have folders of their own, which can have stages. */
const maxFolders = 100;

/** Reads the templates of a CDK output directory: of stacks, of nested stacks, and of stages. Throws a UsageError for another directory. */
export async function findCdkTemplates(
  directory: string,
  given: StackTarget,
  maxMegabytes: number,
): Promise<readonly CdkTemplate[]> {
  const found: CdkTemplate[] = [];
  const folders = [directory];
  for (const folder of folders) {
    const files = await readdir(folder);
    const manifest = files.includes("manifest.json")
      ? readManifest(await readText(join(folder, "manifest.json"), maxMegabytes))
      : null;
    if (manifest === null)
      throw new UsageError(
        `${folder} is a directory without a CDK manifest: name template files, or a CDK output directory (cdk.out).`,
      );
    const [first] = manifest.templates;
    const isOneTarget = manifest.templates.every(
      ({ target }) => JSON.stringify(target) === JSON.stringify(first?.target),
    );
    const nested = files
      .filter((name) => name.endsWith(".nested.template.json"))
      .map((file) => ({
        file,
        target: isOneTarget && first !== undefined ? first.target : { account: null, region: null },
      }));
    for (const { file, target } of [...manifest.templates, ...nested]) {
      const path = join(folder, file);
      const known = { account: target.account ?? given.account, region: target.region ?? given.region };
      found.push({ file: path, text: await readText(path, maxMegabytes), target: known, nestedAreJudged: true });
    }
    if (folders.length < maxFolders) folders.push(...manifest.folders.map((name) => join(folder, name)));
  }
  if (found.length === 0) throw new UsageError(`${directory} is a CDK output directory without stacks.`);
  return found;
}
