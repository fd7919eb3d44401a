import type { Finding } from "../../model/finding.ts";
import { splitCommands } from "../text/commands.ts";
import { severityLabel } from "../text/describe-finding.ts";
import { type Html, html } from "./html.ts";

/** A word on a colored background. The word carries the meaning, the color repeats it. */
export function label(word: string, kind: "critical" | "high" | "medium" | "low" | "good" | "unknown" | ""): Html {
  return html`<span class="label ${kind}">${word}</span>`;
}

/** The severity of a finding, "not evaluated" or "exempt". */
export function labelOf({ status, severity, exemption }: Finding): Html {
  if (exemption !== null) return label("exempt", "");
  return label(severityLabel({ status, severity }), status === "INSUFFICIENT_DATA" ? "unknown" : severity);
}

/** What to do. A click on a command selects all of it. */
export function remediationOf(remediation: string): Html | null {
  if (remediation === "") return null;
  const pieces = splitCommands(remediation).map(({ kind, text }) => {
    if (kind === "prose") return text;
    return kind === "mention" ? html`<code class="mention">${text}</code>` : toCommandBlock(text);
  });
  return html`<p>→ ${pieces}</p>`;
}

/** A command that breaks only between its options, if the page is wide enough for the longest of them. */
function toCommandBlock(command: string): Html {
  const parts = command.split(/ (?=--)/);
  return html`<code class="command">${parts.map((part, index) => html`${index === 0 ? "" : " "}<span>${part}</span>`)}</code>`;
}

/** "2026-11-24 12:00 UTC". */
export function timeOf(instant: string): Html {
  return html`<time datetime="${instant}">${instant.slice(0, 10)} ${instant.slice(11, 16)} UTC</time>`;
}

/** "2026-11-24". */
export function dayOf(instant: string): Html {
  return html`<time datetime="${instant}">${instant.slice(0, 10)}</time>`;
}

/** A section that folds, with a heading and a note beside it. */
export function fold(heading: Html, note: string, content: Html, { open = false } = {}): Html {
  return html`<details class="fold"${open ? html` open` : null}><summary>${heading} <span class="muted">${note}</span></summary>
${content}</details>
`;
}

/** A table that scrolls by itself on a narrow screen. The first cell of a row is its header. */
export function table(caption: string, heads: readonly string[], rows: readonly (readonly (Html | string)[])[]): Html {
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table><caption>${caption}</caption>
<thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>${rows.map(([first = "", ...rest]) => html`<tr><th scope="row">${first}</th>${rest.map((cell) => html`<td>${cell}</td>`)}</tr>\n`)}</tbody></table></div>`;
}
