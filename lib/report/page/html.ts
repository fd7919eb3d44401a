const markup = Symbol("markup");

/** Text that is already HTML. Only `html` and `trusted` create it: data parsed from JSON cannot have the symbol. */
export type Html = { readonly [markup]: string };

/** A value to insert: text, which is escaped, HTML, lists of both, or null for nothing. */
export type HtmlValue = Html | string | number | null | readonly HtmlValue[];

/** The five characters that can end a text or a quoted attribute. Source: https://html.spec.whatwg.org/multipage/syntax.html#attributes-2 */
const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Template tag for HTML: escapes every value that is not HTML. Values are safe in text and in quoted attributes only. */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return { [markup]: strings.map((text, index) => text + toMarkup(values[index] ?? null)).join("") };
}

/** Marks a constant of the program, such as the style sheet, as HTML. Never for data. */
export function trusted(text: string): Html {
  return { [markup]: text };
}

/** The markup as text. */
export function toText(fragment: Html): string {
  return fragment[markup];
}

function toMarkup(value: HtmlValue): string {
  if (value === null) return "";
  if (typeof value === "string") return value.replaceAll(/[&<>"']/g, (character) => escapes[character] ?? character);
  if (typeof value === "number") return String(value);
  return isList(value) ? value.map(toMarkup).join("") : value[markup];
}

function isList(value: Html | readonly HtmlValue[]): value is readonly HtmlValue[] {
  return Array.isArray(value);
}
