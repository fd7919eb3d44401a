import { SimulatedError } from "./simulated-error.ts";

/** The parameters of a call. Query parameters are all strings; JSON parameters are typed. */
export type Params = Readonly<Record<string, unknown>>;

/** A parameter as a string; numbers and booleans are formatted. */
export function textIn(params: Params, name: string): string | undefined {
  const value = params[name];
  return value === undefined || value === null ? undefined : String(value);
}

/** A required parameter. @throws SimulatedError `MissingParameter` */
export function requiredIn(params: Params, name: string): string {
  const value = textIn(params, name);
  // Wording not verified.
  if (!value) throw new SimulatedError("MissingParameter", `The request must contain the parameter ${name}.`);
  return value;
}

/** A boolean parameter: `true` in JSON, `"true"` in Query. */
export function flagIn(params: Params, name: string): boolean | undefined {
  const value = textIn(params, name);
  return value === undefined ? undefined : value === "true";
}

/** A numeric parameter; `NaN`, which range checks reject, if it is not a number. */
export function numberIn(params: Params, name: string): number | undefined {
  const value = textIn(params, name);
  return value === undefined ? undefined : Number(value);
}

/** A list parameter; empty if absent. */
export function listIn<T>(params: Params, name: string): T[] {
  const value = params[name];
  return Array.isArray(value) ? value : [];
}
