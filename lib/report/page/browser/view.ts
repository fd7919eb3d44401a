/** What a table shows: the words that rows contain, the values that fields have, the order, and the page (from 0). It is stored in the URL. */
export type View = {
  readonly words: string;
  readonly values: Readonly<Record<string, string>>;
  readonly sort: string;
  readonly descending: boolean;
  readonly page: number;
};

/** Values of one row by field. Only text and numbers are searched, filtered and sorted. */
export type TableRow = Readonly<Record<string, unknown>>;

/** Orders values of a field; by default numbers by size and texts by alphabet. */
export type Ranks = Readonly<Record<string, readonly string[]>>;

export const initialView: View = { words: "", values: {}, sort: "", descending: false, page: 0 };

const reserved = new Set(["q", "sort", "page"]);

/** The view of a table in the hash of a URL, as in `#findings.q=orders&findings.severity=high`. Other parameters are of other tables. */
export function parseView(hash: string, table: string): View {
  const own = [...new URLSearchParams(hash.replace(/^#/, ""))].flatMap(([name, value]) =>
    name.startsWith(`${table}.`) && value !== "" ? [[name.slice(table.length + 1), value] as const] : [],
  );
  const { q = "", sort = "", page = "1" } = Object.fromEntries(own);
  return {
    words: q,
    values: Object.fromEntries(own.filter(([name]) => !reserved.has(name))),
    sort: sort.replace(/^-/, ""),
    descending: sort.startsWith("-"),
    page: /^[1-9]\d{0,5}$/.test(page) ? Number(page) - 1 : 0,
  };
}

/** The hash of a URL that stores the views of all tables; "" if none is changed. */
export function formatViews(views: Readonly<Record<string, View>>): string {
  const parameters = new URLSearchParams();
  for (const [table, { words, values, sort, descending, page }] of Object.entries(views)) {
    const all = {
      q: words,
      ...values,
      sort: sort && `${descending ? "-" : ""}${sort}`,
      page: page ? String(page + 1) : "",
    };
    for (const [name, value] of Object.entries(all)) if (value !== "") parameters.set(`${table}.${name}`, value);
  }
  const text = parameters.toString();
  return text === "" ? "" : `#${text}`;
}

/** The text of a row that words are searched in, in lower case. */
export function toSearchText(row: TableRow): string {
  return Object.values(row)
    .filter((value) => typeof value === "string")
    .join("\n")
    .toLowerCase();
}

/** Rows that contain all words and have all values, except for the value of one field. */
export function filterRows<T extends TableRow>(
  rows: readonly T[],
  searchTexts: readonly string[],
  { words, values }: Pick<View, "words" | "values">,
  except?: string,
): readonly T[] {
  const parts = words.toLowerCase().split(/\s+/).filter(Boolean);
  const wanted = Object.entries(values).filter(([field]) => field !== except);
  return rows.filter(
    (row, index) =>
      wanted.every(([field, value]) => String(row[field]) === value) &&
      parts.every((part) => searchTexts[index]?.includes(part)),
  );
}

/** Rows by the field of the view; in their own order if it names none. Equal rows keep their order. */
export function sortRows<T extends TableRow>(
  rows: readonly T[],
  { sort, descending }: Pick<View, "sort" | "descending">,
  ranks: Ranks,
): readonly T[] {
  if (sort === "") return rows;
  const direction = descending ? -1 : 1;
  const ranking = ranks[sort];
  const collator = new Intl.Collator("en", { numeric: true });
  const compare = (a: unknown, b: unknown) =>
    ranking !== undefined
      ? ranking.indexOf(String(a)) - ranking.indexOf(String(b))
      : typeof a === "number" && typeof b === "number"
        ? a - b
        : collator.compare(String(a), String(b));
  return rows.toSorted((a, b) => direction * compare(a[sort], b[sort]));
}

/** Values of a field and how many rows have each, the most frequent or the first in the order given first. */
export function countValues(
  rows: readonly TableRow[],
  field: string,
  ranks: Ranks,
): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(String(row[field]), (counts.get(String(row[field])) ?? 0) + 1);
  const ranking = ranks[field];
  return [...counts].sort(([a, inA], [b, inB]) =>
    ranking === undefined ? inB - inA || (a < b ? -1 : 1) : ranking.indexOf(a) - ranking.indexOf(b),
  );
}
