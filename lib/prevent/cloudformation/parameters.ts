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
