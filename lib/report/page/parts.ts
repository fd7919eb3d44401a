import type { Finding } from "../../model/finding.ts";
import { splitCommands } from "../text/commands.ts";
import { severityLabel } from "../text/describe-severity.ts";
import { type Html, html } from "./html.ts";

/** A word on a coloured ground: the word says what the colour says. */
export function label(word: string, kind: "critical" | "high" | "medium" | "low" | "good" | "unknown" | ""): Html {
  return html`<span class="label ${kind}">${word}</span>`;
}

/** How bad a finding is, or that it could not be judged, or that it is exempt. */
export function labelOf({ status, severity, exemption }: Finding): Html {
  if (exemption !== null) return label("exempt", "");
  return label(severityLabel({ status, severity }), status === "INSUFFICIENT_DATA" ? "unknown" : severity);
}

/** What to do. A click marks a whole command, so that it can be copied. */
export function remediationOf(remediation: string): Html | null {
  if (remediation === "") return null;
  const pieces = splitCommands(remediation).map(({ kind, text }) => {
    if (kind === "prose") return text;
    return kind === "mention" ? html`<code class="mention">${text}</code>` : blockOf(text);
  });
  return html`<p>→ ${pieces}</p>`;
}

/** A command is broken between its options only, where the page is wide enough for one. */
function blockOf(command: string): Html {
  const parts = command.split(/ (?=--)/);
  return html`<code class="command">${parts.map((part, index) => html`${index === 0 ? "" : " "}<span>${part}</span>`)}</code>`;
}

/** "2026-11-24 12:00 UTC". */
export function timeOf(instant: string): Html {
  return html`<time datetime="${instant}">${instant.slice(0, 10)} ${instant.slice(11, 16)} UTC</time>`;
}

/** A date as it is, for what happened on some day. */
export function dayOf(instant: string): Html {
  return html`<time datetime="${instant}">${instant.slice(0, 10)}</time>`;
}

/** A table that scrolls within itself on a narrow screen; the first cell of a row names it. */
export function table(caption: string, heads: readonly string[], rows: readonly (readonly (Html | string)[])[]): Html {
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table><caption>${caption}</caption>
<thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>${rows.map(([first = "", ...rest]) => html`<tr><th scope="row">${first}</th>${rest.map((cell) => html`<td>${cell}</td>`)}</tr>\n`)}</tbody></table></div>`;
}
