import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

/**
 * A schema that its authors publish and no npm package has. The environment variable PUBLISHED_SCHEMAS names a folder with such files; the tests
 * that need them are skipped without it. Returns a function that answers with the violations.
 */
export function publishedSchema(name: string): ((value: unknown) => readonly string[]) | null {
  const folder = process.env.PUBLISHED_SCHEMAS;
  if (folder === undefined) return null;
  const file = join(folder, name);
  if (!existsSync(file)) return null;
  const schema = JSON.parse(readFileSync(file, "utf8"));
  const Validator = String(schema.$schema).includes("2020-12") ? Ajv2020 : Ajv;
  const ajv = new Validator({ strict: false, allErrors: false });
  addFormats.default(ajv as never);
  const validate = ajv.compile(schema);
  // Only what JSON keeps counts.
  return (value) => {
    if (validate(JSON.parse(JSON.stringify(value)))) return [];
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  };
}
