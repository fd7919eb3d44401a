import { SimulatedError } from "./simulated-error.ts";

/** What came in with a call; Query parameters are all text, JSON ones have types. */
export type Params = Readonly<Record<string, unknown>>;

/** A parameter as text; numbers and flags are written out. */
export function textIn(params: Params, name: string): string | undefined {
  const value = params[name];
  return value === undefined || value === null ? undefined : String(value);
}

/** A parameter that RDS insists on. @throws SimulatedError `MissingParameter` */
export function requiredIn(params: Params, name: string): string {
  const value = textIn(params, name);
  // Wording not verified.
  if (!value) throw new SimulatedError("MissingParameter", `The request must contain the parameter ${name}.`);
  return value;
}

/** `true` or `"true"`, as JSON and Query have it. */
export function flagIn(params: Params, name: string): boolean | undefined {
  const value = textIn(params, name);
  return value === undefined ? undefined : value === "true";
}

/** A number; `NaN` for text that is none, which range checks refuse. */
export function numberIn(params: Params, name: string): number | undefined {
  const value = textIn(params, name);
  return value === undefined ? undefined : Number(value);
}

/** A list parameter; absent is empty. */
export function listIn<T>(params: Params, name: string): T[] {
  const value = params[name];
  return Array.isArray(value) ? value : [];
}
