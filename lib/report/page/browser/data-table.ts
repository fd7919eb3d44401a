import { html } from "htm/preact";
import type { VNode } from "preact";
import { useMemo, useState } from "preact/hooks";
import { countValues, filterRows, type Ranks, sortRows, type TableRow, toSearchText, type View } from "./view.ts";

/** A column: its field, its heading, and whether a menu filters by its values. */
type Column = { readonly field: string; readonly title: string; readonly filter?: true };

export type DataTableProps = {
  readonly name: string;
  readonly noun: string;
  readonly rows: readonly TableRow[];
  readonly columns: readonly Column[];
  readonly ranks: Ranks;
  readonly renderCell: (row: TableRow, field: string) => unknown;
  readonly renderDetail: (row: TableRow) => VNode;
  readonly view: View;
  readonly onView: (view: View) => void;
  readonly rowsPerPage: number;
};

const grouped = new Intl.NumberFormat("en-US");

/** A table to search, filter and sort. A row opens to show its details. */
export function DataTable(props: DataTableProps): VNode {
  const { name, noun, rows, columns, ranks, renderCell, renderDetail, view, onView, rowsPerPage } = props;
  const [open, setOpen] = useState<TableRow | null>(null);
  const searchTexts = useMemo(() => rows.map(toSearchText), [rows]);
  const found = useMemo(
    () => sortRows(filterRows(rows, searchTexts, view), view, ranks),
    [rows, searchTexts, view.words, view.values, view.sort, view.descending],
  );
  const pages = Math.max(1, Math.ceil(found.length / rowsPerPage));
  const page = Math.min(view.page, pages - 1);
  const change = (changed: Partial<View>) => onView({ ...view, page: 0, ...changed });
  const filterBy = (field: string, value: string) => {
    const { [field]: _, ...others } = view.values;
    change({ values: value === "" ? others : { ...others, [field]: value } });
  };
  const sortBy = (field: string) => change({ sort: field, descending: view.sort === field && !view.descending });

  return html`<form class="filters" role="search" aria-label=${`Filter ${noun}`} onSubmit=${(event: Event) => event.preventDefault()}>
    <label>Search <input type="search" value=${view.words} placeholder="name, rule, ARN …" onInput=${(event: InputEvent) => change({ words: readValue(event) })} /></label>
    ${columns
      .filter(({ filter }) => filter)
      .map(
        ({
          field,
          title,
        }) => html`<label>${title} <select value=${view.values[field] ?? ""} onChange=${(event: Event) => filterBy(field, readValue(event))}>
          <option value="">all</option>
          ${countValues(filterRows(rows, searchTexts, view, field), field, ranks).map(
            ([value, number]) =>
              html`<option value=${value} selected=${value === view.values[field]}>${value || "none"} (${grouped.format(number)})</option>`,
          )}
        </select></label>`,
      )}
    <button type="button" onClick=${() => onView({ ...view, words: "", values: {}, page: 0 })}>Reset</button>
  </form>
  <p class="count" role="status">${found.length === rows.length ? "" : `${grouped.format(found.length)} of `}${grouped.format(rows.length)} ${noun}</p>
  <div class="scroll" role="region" aria-label=${`Table of ${noun}`} tabindex="0"><table class="data">
    <caption>${noun}</caption>
    <thead><tr>${columns.map(
      ({ field, title }) =>
        html`<th scope="col" aria-sort=${view.sort !== field ? "none" : view.descending ? "descending" : "ascending"}><button type="button" onClick=${() => sortBy(field)}>${title}</button></th>`,
    )}</tr></thead>
    <tbody>${found.slice(page * rowsPerPage, (page + 1) * rowsPerPage).map((row) => {
      const isOpen = row === open;
      return html`<tr class=${isOpen ? "is-open" : ""}>${columns.map(({ field, title }, index) =>
        index === 0
          ? html`<th scope="row"><button type="button" class="toggle" aria-expanded=${isOpen} onClick=${() => setOpen(isOpen ? null : row)}>${renderCell(row, field)}</button></th>`
          : html`<td data-title=${title}>${renderCell(row, field)}</td>`,
      )}</tr>
      ${isOpen && html`<tr class="detail"><td colspan=${columns.length}>${renderDetail(row)}</td></tr>`}`;
    })}</tbody>
  </table></div>
  ${
    pages > 1 &&
    html`<nav class="pages" aria-label=${`Pages of ${noun}`}>
    <button type="button" disabled=${page === 0} onClick=${() => onView({ ...view, page: page - 1 })}>Previous</button>
    <span id=${`${name}-page`}>Page ${grouped.format(page + 1)} of ${grouped.format(pages)}</span>
    <button type="button" disabled=${page === pages - 1} onClick=${() => onView({ ...view, page: page + 1 })}>Next</button>
  </nav>`
  }`;
}

function readValue(event: Event): string {
  return (event.target as HTMLInputElement | HTMLSelectElement).value;
}
