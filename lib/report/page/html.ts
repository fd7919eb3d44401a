const markup = Symbol("markup");

/** Text that is HTML already. Only `html` makes it: data that was parsed from JSON cannot have the symbol. */
export type Html = { readonly [markup]: string };

/** What may stand in a slot: text, which is escaped, and HTML and lists of it, which are not; nothing for null. */
export type HtmlSlot = Html | string | number | null | readonly HtmlSlot[];

/** The five characters that can end a text or a quoted attribute. Source: https://html.spec.whatwg.org/multipage/syntax.html#attributes-2 */
const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** HTML in which every slot is escaped unless it is HTML itself. Slots stand in text and in quoted attributes, nowhere else. */
export function html(strings: TemplateStringsArray, ...slots: readonly HtmlSlot[]): Html {
  return { [markup]: strings.map((text, index) => text + toMarkup(slots[index] ?? null)).join("") };
}

/** The page's own style sheet, or another text that the program wrote itself. */
export function trusted(text: string): Html {
  return { [markup]: text };
}

/** HTML as text, to be written to a file. */
export function toText(fragment: Html): string {
  return fragment[markup];
}

function toMarkup(slot: HtmlSlot): string {
  if (slot === null) return "";
  if (typeof slot === "string") return slot.replaceAll(/[&<>"']/g, (character) => escapes[character] ?? character);
  if (typeof slot === "number") return String(slot);
  return isList(slot) ? slot.map(toMarkup).join("") : slot[markup];
}

function isList(slot: Html | readonly HtmlSlot[]): slot is readonly HtmlSlot[] {
  return Array.isArray(slot);
}
