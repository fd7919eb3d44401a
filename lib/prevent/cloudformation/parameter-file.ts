import { parse as parseYaml } from "yaml";
import { UsageError } from "../../model/errors.ts";
import { get, isRecord } from "../json-value.ts";
import type { ParameterValues } from "./parameters.ts";

/**
 * Reads a parameter file: `[{ ParameterKey, ParameterValue }]` as the AWS CLI takes it, `{ Parameters: { Name: value } }` as CodePipeline
 * does, or a mapping of names to values. Throws a UsageError of one sentence.
 */
export function parseParameterFile(text: string, file: string): ParameterValues {
  let value: unknown;
  try {
    value = parseYaml(text, { logLevel: "error", maxAliasCount: 0 });
  } catch {
    throw new UsageError(`${file} is not a parameter file: it is neither JSON nor YAML.`);
  }
  if (Array.isArray(value) && value.every((one) => typeof get(one, "ParameterKey") === "string"))
    return new Map(value.map((one) => [get(one, "ParameterKey") as string, get(one, "ParameterValue")]));
  const mapping = get(value, "Parameters") ?? value;
  if (isRecord(mapping) && Object.values(mapping).every((one) => typeof one !== "object"))
    return new Map(Object.entries(mapping));
  throw new UsageError(
    `${file} is not a parameter file: it needs a list of ParameterKey and ParameterValue, or a mapping of names to values.`,
  );
}
