import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";

/** Loads a schema that its authors publish, from `schemas`. Returns a function that answers with the first violation. */
export function publishedSchema(name: string): (value: unknown) => readonly string[] {
  const ajv = new Ajv({ strict: false, allErrors: false });
  addFormats.default(ajv as never);
  const validate = ajv.compile(JSON.parse(readFileSync(new URL(`schemas/${name}`, import.meta.url), "utf8")));
  // Only what JSON keeps counts.
  return (value) => {
    if (validate(JSON.parse(JSON.stringify(value)))) return [];
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  };
}
