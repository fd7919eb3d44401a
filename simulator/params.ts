/** What came in with a call; Query parameters are all text, JSON ones have types. */
export type Params = Readonly<Record<string, unknown>>;

/** A parameter as text; numbers and flags are written out. */
export const textIn = (params: Params, name: string): string | undefined => {
  const value = params[name];
  return value === undefined || value === null ? undefined : String(value);
};

/** `true` or `"true"`, as JSON and Query have it. */
export const flagIn = (params: Params, name: string): boolean | undefined => {
  const value = textIn(params, name);
  return value === undefined ? undefined : value === "true";
};

/** A number; `NaN` for text that is none, which range checks refuse. */
export const numberIn = (params: Params, name: string): number | undefined => {
  const value = textIn(params, name);
  return value === undefined ? undefined : Number(value);
};

/** A list parameter; absent is empty. */
export const listIn = <T>(params: Params, name: string): T[] => {
  const value = params[name];
  return Array.isArray(value) ? value : [];
};
