import { type Html, html, trusted } from "./html.ts";
import { pageStyle } from "./style.ts";

/** No network, no forms, no script but the page's own: text that slipped through as markup could do nothing. */
const contentSecurityPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/** What a page has besides its head: `scripts` with the source that the content security policy allows for them, or null. */
type Document = {
  readonly title: string;
  readonly header: Html;
  readonly main: Html;
  readonly footer: Html;
  readonly scripts: { readonly source: string; readonly content: Html } | null;
};

/** An HTML file that works offline and prints. It loads nothing. */
export function renderDocument({ title, header, main, footer, scripts }: Document): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentSecurityPolicy}${scripts === null ? "" : `; script-src '${scripts.source}'`}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${trusted(pageStyle)}</style>
</head>
<body>
<header>
${header}
</header>
<main>
${main}
</main>
<footer><p>${footer}</p></footer>
${scripts === null ? null : scripts.content}</body>
</html>
`;
}
