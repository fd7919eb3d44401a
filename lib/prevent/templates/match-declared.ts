import { matchesGlob } from "../../model/glob.ts";
import type { Match } from "../../model/policy.ts";
import { type Declared, type DeclaredDatabase, unresolvedText } from "./declaration.ts";

/** Whether a policy's match covers a declared database: true, false, or what is not known before deployment. */
export function matchesDeclared(match: Match, declared: DeclaredDatabase): boolean | string {
  const { account, region, engine, identifier, tags } = match;
  const verdicts = [
    account === undefined || ofText(declared.account, "the account", (value) => account.includes(value)),
    region === undefined || ofText(declared.region, "the Region", (value) => region.includes(value)),
    engine === undefined ||
      ofDeclared(declared.engine, "the engine", (value) => engine.some((glob) => matchesGlob(value, glob))),
    identifier === undefined ||
      ofDeclared(declared.identifier, "the identifier", (value) => identifier.some((glob) => matchesGlob(value, glob))),
    tags === undefined || ofTags(declared.tags, tags),
  ];
  if (verdicts.includes(false)) return false;
  return verdicts.find((verdict) => typeof verdict === "string") ?? true;
}

function ofText(value: string | null, what: string, isIncluded: (value: string) => boolean): boolean | string {
  return value === null ? `${what} is not known` : isIncluded(value);
}

/** A name that is not set is chosen by CloudFormation. */
function ofDeclared(
  { options }: Declared<string>,
  what: string,
  isIncluded: (value: string) => boolean,
): boolean | string {
  const verdicts = options.map((value) => (value === null || value === unresolvedText ? null : isIncluded(value)));
  const [first] = verdicts;
  return typeof first === "boolean" && verdicts.every((verdict) => verdict === first) ? first : `${what} is not known`;
}

/** Tags that are set are known; the stack or the provider can add others. */
function ofTags(
  { options, why }: DeclaredDatabase["tags"],
  required: Readonly<Record<string, string>>,
): boolean | string {
  const [tags] = options;
  const entries = Object.entries(required);
  if (entries.some(([key, value]) => tags?.[key] !== undefined && tags[key] !== value && tags[key] !== unresolvedText))
    return false;
  if (entries.every(([key, value]) => tags?.[key] === value)) return true;
  return why ?? false;
}
