import { parse as parseYaml } from "yaml";
import { UsageError } from "../../model/errors.ts";
import { get, isRecord, textOf } from "../json-value.ts";

/** Values of parameters, by name. */
export type ParameterValues = ReadonlyMap<string, unknown>;

/** A parameter of a template. */
export type Parameter = {
  readonly name: string;
  /** From the parameter file; undefined if it is not there. */
  readonly given: unknown;
  readonly default: unknown;
  readonly allowed: readonly unknown[] | null;
  readonly noEcho: boolean;
  /** The value is the name of a parameter of Systems Manager, which holds the value. */
  readonly isStored: boolean;
};

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

/** The parameters that a template declares. */
export function readParameters(section: unknown, given: ParameterValues): ReadonlyMap<string, Parameter> {
  const declared = isRecord(section) ? Object.entries(section) : [];
  return new Map(
    declared.map(([name, parameter]) => {
      const allowed = get(parameter, "AllowedValues");
      return [
        name,
        {
          name,
          given: given.get(name),
          default: get(parameter, "Default"),
          allowed: Array.isArray(allowed) ? allowed : null,
          noEcho: isTrue(get(parameter, "NoEcho")),
          isStored: textOf(get(parameter, "Type")).startsWith("AWS::SSM::Parameter::Value"),
        },
      ];
    }),
  );
}

/** True for what CloudFormation takes as true, which it reads by YAML 1.1. */
export function isTrue(value: unknown): boolean {
  return value === true || (typeof value === "string" && /^(true|yes|on)$/i.test(value));
}
