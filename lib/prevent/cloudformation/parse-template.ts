import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type YAMLParseError } from "yaml";
import { UsageError } from "../../model/errors.ts";
import { isRecord, textOf } from "../json-value.ts";

/** A template as plain values, with short-form tags as the functions that they stand for. */
export type Template = {
  readonly file: string;
  readonly root: Readonly<Record<string, unknown>>;
  /** The line of an entry, by the keys that lead to it; null if it is not known. */
  readonly lineOf: (...path: readonly string[]) => number | null;
};

/** CloudFormation takes 1 MB. A larger file is not a template, and would take seconds to parse. */
const maxCharacters = 2_000_000;
const maxValues = 200_000;
const maxDepth = 200;

/** Keys that lead to a property: Resources, logical ID, Properties, name. */
const depthWithLines = 4;

/** The short forms of intrinsic functions, without `Ref` and `Condition`, whose long forms have no `Fn::`. */
const functions = new Set(
  "Base64 Cidr And Equals If Not Or FindInMap ForEach GetAtt GetAZs GetStackOutput ImportValue Join Length Select Split Sub ToJsonString Transform Contains EachMemberEquals EachMemberIn RefAll ValueOf ValueOfAll".split(
    " ",
  ),
);

/** Parses a CloudFormation template in YAML or JSON. Throws a UsageError of one sentence for what is no template. */
export function parseTemplate(text: string, file: string): Template {
  if (text.length > maxCharacters)
    throw new UsageError(`${file} is too large for a CloudFormation template, which has at most 1 MB.`);
  const lines = new Map<string, number>();
  const root = parse(text, file, lines);
  if (!isRecord(root) || !isRecord(root.Resources))
    throw new UsageError(
      `${file} is neither a CloudFormation template, which has Resources, nor a Terraform plan in JSON (terraform show -json).`,
    );
  return { file, root, lineOf: (...path) => lines.get(path.join("\n")) ?? null };
}

function parse(text: string, file: string, lines: Map<string, number>): unknown {
  const lineCounter = new LineCounter();
  try {
    const document = parseDocument(text, { lineCounter, logLevel: "silent", uniqueKeys: true });
    const [error] = document.errors;
    if (error === undefined) return toValue(document, { file, lineCounter, lines });
    // JSON can have what YAML refuses, such as tabs and a key twice.
    const value = text.trimStart().startsWith("{") ? readJson(text) : undefined;
    if (error.code === "RESOURCE_EXHAUSTION" || isTooDeep(value)) throw new UsageError(`${file} is nested too deeply.`);
    if (value !== undefined) return value;
    throw new UsageError(`${file} cannot be read as YAML or JSON: ${describeError(error)}.`);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${file} is nested too deeply.`);
  }
}

/** Errors whose messages have no text of the file, which can be a password. */
const plainErrors: readonly string[] = [
  "BAD_INDENT",
  "DUPLICATE_KEY",
  "MISSING_CHAR",
  "MULTIPLE_DOCS",
  "MULTILINE_IMPLICIT_KEY",
  "TAB_AS_INDENT",
];

function describeError({ code, message, linePos }: YAMLParseError): string {
  const [line = ""] = message.split("\n");
  if (plainErrors.includes(code)) return line.replace(/[:.]$/, "");
  return `it has a syntax error${linePos === undefined ? "" : ` at line ${linePos[0].line}, column ${linePos[0].col}`}`;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isTooDeep(value: unknown, depth = 0): boolean {
  if (typeof value !== "object" || value === null) return false;
  return depth > maxDepth || Object.values(value).some((inner) => isTooDeep(inner, depth + 1));
}

type NodeContext = { readonly file: string; readonly lineCounter: LineCounter; readonly lines: Map<string, number> };

/** Turns the parser's nodes into values, and writes down the lines of keys. */
function toValue(document: Document.Parsed, { file, lineCounter, lines }: NodeContext): unknown {
  const open = new Set<unknown>();
  let values = 0;

  function convert(node: unknown, path: readonly string[], depth: number): unknown {
    values += 1;
    if (values > maxValues) throw new UsageError(`${file} has too many values, or aliases that multiply them.`);
    if (depth > maxDepth || open.has(node)) throw new UsageError(`${file} is nested too deeply.`);
    if (isAlias(node)) {
      const target = node.resolve(document);
      if (target === undefined)
        throw new UsageError(`${file} has an alias without an anchor in line ${lineAt(node.range?.[0] ?? 0)}.`);
      return convert(target, path, depth + 1);
    }
    if (isScalar(node)) return wrap(node.tag, node.value, node.range?.[0]);
    if (!isMap(node) && !isSeq(node)) return null;
    open.add(node);
    const value = isMap(node)
      ? Object.fromEntries(node.items.flatMap(({ key, value: item }) => toEntries(key, item, path, depth)))
      : node.items.map((item, index) => convert(item, [...path, String(index)], depth + 1));
    open.delete(node);
    return wrap(node.tag, value, node.range?.[0]);
  }

  function toEntries(key: unknown, item: unknown, path: readonly string[], depth: number): [string, unknown][] {
    const name = textOf(isScalar(key) ? key.value : null);
    const inner = [...path, name];
    if (inner.length <= depthWithLines && isScalar(key) && key.range) lines.set(inner.join("\n"), lineAt(key.range[0]));
    const value = convert(item, inner, depth + 1);
    // A merge key, which `aws cloudformation package` resolves.
    if (name === "<<" && isRecord(value)) return Object.entries(value);
    return [[name, value]];
  }

  function wrap(tag: string | undefined, value: unknown, offset: number | undefined): unknown {
    if (tag === undefined || !tag.startsWith("!") || tag === "!") {
      if (tag === undefined || tag === "!" || isPlainTag(tag)) return value;
    } else {
      const name = tag.slice(1);
      if (name === "Ref" || name === "Condition") return { [name]: value };
      if (name === "GetAtt" && typeof value === "string") return { "Fn::GetAtt": splitOnce(value) };
      if (functions.has(name)) return { [`Fn::${name}`]: value };
    }
    // Without its name, which can be a password that lacks its quotes.
    throw new UsageError(`${file} has an unknown tag in line ${lineAt(offset ?? 0)}.`);
  }

  const lineAt = (offset: number) => lineCounter.linePos(offset).line;
  return convert(document.contents, [], 0);
}

/** A tag of YAML itself, as in `!!str`. */
function isPlainTag(tag: string): boolean {
  return /^tag:yaml\.org,2002:(str|int|float|bool|null|map|seq)$/.test(tag);
}

function splitOnce(text: string): readonly string[] {
  const dot = text.indexOf(".");
  return dot === -1 ? [text] : [text.slice(0, dot), text.slice(dot + 1)];
}
