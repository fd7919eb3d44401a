import { get, isRecord, textOf } from "../json-value.ts";
import type { StackTarget } from "./resolve.ts";

/** What a CDK manifest names: templates of stacks, with their account and Region, and folders of stages. */
export type CdkManifest = {
  readonly templates: readonly { readonly file: string; readonly target: StackTarget }[];
  readonly folders: readonly string[];
};

/** Reads `manifest.json` of a CDK output directory; null if it is none. Total. */
export function readManifest(text: string): CdkManifest | null {
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch {
    return null;
  }
  const artifacts = get(manifest, "artifacts");
  if (!isRecord(artifacts)) return null;
  const all = Object.values(artifacts);
  return {
    templates: all.flatMap((artifact) => {
      const file = get(get(artifact, "properties"), "templateFile");
      if (get(artifact, "type") !== "aws:cloudformation:stack" || typeof file !== "string") return [];
      return [{ file, target: toTarget(get(artifact, "environment")) }];
    }),
    folders: all.flatMap((artifact) => {
      const folder = get(get(artifact, "properties"), "directoryName");
      return get(artifact, "type") === "cdk:cloud-assembly" && typeof folder === "string" ? [folder] : [];
    }),
  };
}

/** `aws://123456789012/eu-west-1`; `unknown-account` and `unknown-region` are decided at deployment. */
function toTarget(environment: unknown): StackTarget {
  const [, account, region] = /^aws:\/\/([^/]+)\/(.+)$/.exec(textOf(environment)) ?? [];
  const orNull = (value: string | undefined) => (value === undefined || value.startsWith("unknown-") ? null : value);
  return { account: orNull(account), region: orNull(region) };
}
