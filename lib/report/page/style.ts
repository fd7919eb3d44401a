/** The style sheet of the page: light or dark as the system prefers, black on white in print. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --background: #f5f6f8; --card: #fff; --text: #1a2230; --muted: #566174; --border: #dde1e8; --link: #0b57a8; --code: #eef1f5;
  --critical: #8f0f1f; --high: #b3261e; --medium: #8a4b00; --low: #6a5700; --good: #1a6b3c; --unknown: #4a4f9e; --label: #fff;
}
@media (prefers-color-scheme: dark) {
  :root {
    --background: #11151c; --card: #1a202a; --text: #e6eaf0; --muted: #a2adbd; --border: #303947; --link: #82b7ff; --code: #11161e;
    --critical: #ff7ac2; --high: #ff8f85; --medium: #f4ac54; --low: #dcc656; --good: #6fd08f; --unknown: #aab0ff; --label: #11151c;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--background); color: var(--text); font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; overflow-wrap: anywhere; }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
header, main, footer { max-width: 72rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2rem; }
main > section { margin: 2.75rem 0; }
footer { padding-bottom: 2.5rem; }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 1rem; top: .5rem; background: var(--card); padding: .5rem 1rem; }
h1 { font-size: 1rem; font-weight: 600; color: var(--muted); margin: 0 0 1rem; }
h2 { font-size: 1.3rem; margin: 0 0 .9rem; }
h3, h4 { margin: 0; font-size: 1rem; }
section > h3 { margin-top: 1.2rem; }
time { white-space: nowrap; }
p { margin: .35rem 0; }
ul { margin: .35rem 0; padding-left: 1.25rem; }
.muted, footer { color: var(--muted); font-size: .9rem; font-weight: normal; }
.verdict { border-left: .5rem solid var(--high); background: var(--card); border-radius: .5rem; padding: 1.1rem 1.4rem; box-shadow: 0 1px 3px #0002; }
.verdict.is-clean { border-color: var(--good); }
.verdict strong { display: block; font-size: 2rem; line-height: 1.2; letter-spacing: .01em; color: var(--high); }
.verdict.is-clean strong { color: var(--good); }
.verdict p { font-size: 1.1rem; }
.tiles { display: flex; flex-wrap: wrap; gap: .7rem; list-style: none; padding: 0; margin: 1.25rem 0 0; }
.tiles li { flex: 1 0 auto; min-width: 5.75rem; }
.tiles a { display: block; height: 100%; background: var(--card); border: 1px solid var(--border); border-top: .25rem solid var(--border); border-radius: .5rem; padding: .7rem .9rem; color: inherit; text-decoration: none; }
.tiles a:hover { border-color: var(--link); }
.tiles b { display: block; font-size: 1.5rem; white-space: nowrap; line-height: 1.25; font-variant-numeric: tabular-nums; }
.tiles span { color: var(--muted); font-size: .9rem; }
.tiles .critical a { border-top-color: var(--critical); } .tiles .critical b { color: var(--critical); }
.tiles .high a { border-top-color: var(--high); } .tiles .high b { color: var(--high); }
.tiles .medium a { border-top-color: var(--medium); } .tiles .medium b { color: var(--medium); }
.tiles .low a { border-top-color: var(--low); } .tiles .low b { color: var(--low); }
.tiles .unknown a { border-top-color: var(--unknown); } .tiles .unknown b { color: var(--unknown); }
.tiles .good a { border-top-color: var(--good); } .tiles .good b { color: var(--good); }
details.fold { margin: .8rem 0; background: var(--card); border: 1px solid var(--border); border-radius: .5rem; }
details.fold > summary { padding: .7rem 1rem; display: list-item; }
details.fold > summary > * { display: inline; }
details.fold > summary .muted { margin-left: .6rem; }
details.fold[open] > summary { border-bottom: 1px solid var(--border); }
summary { cursor: pointer; }
.database { padding: .9rem 1rem; content-visibility: auto; contain-intrinsic-size: auto 9rem; }
.database + .database { border-top: 1px solid var(--border); }
.rule { padding: .6rem 1rem .8rem; }
.finding { margin: .7rem 0 0; padding-left: .9rem; border-left: .2rem solid var(--border); }
.finding.critical { border-color: var(--critical); } .finding.high { border-color: var(--high); }
.finding.medium { border-color: var(--medium); } .finding.low { border-color: var(--low); } .finding.unknown { border-color: var(--unknown); }
.label { display: inline-block; font-size: .72rem; font-weight: 700; letter-spacing: .04em; text-transform: uppercase; padding: .08rem .45rem; border-radius: .25rem; color: var(--label); background: var(--muted); white-space: nowrap; }
.label.critical { background: var(--critical); } .label.high { background: var(--high); } .label.medium { background: var(--medium); }
.label.low { background: var(--low); } .label.good { background: var(--good); } .label.unknown { background: var(--unknown); }
code { font: .86em/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
code.mention { background: var(--code); border-radius: .25rem; padding: .1rem .3rem; user-select: all; }
code.command { display: block; background: var(--code); border: 1px solid var(--border); border-radius: .35rem; padding: .55rem .75rem; margin: .4rem 0; white-space: pre-wrap; user-select: all; cursor: copy; }
code.command span { display: inline-block; max-width: 100%; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem .9rem; margin: .4rem 0; font-size: .9rem; }
dt { color: var(--muted); } dd { margin: 0; }
.scroll { overflow-x: auto; background: var(--card); }
section > .scroll { border: 1px solid var(--border); border-radius: .5rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; overflow-wrap: normal; }
caption { text-align: left; padding: .6rem .9rem; color: var(--muted); }
th, td { text-align: left; vertical-align: top; padding: .4rem .9rem; border-top: 1px solid var(--border); }
thead th { border-top: 0; color: var(--muted); font-weight: 600; white-space: nowrap; }
tbody th { font-weight: 600; overflow-wrap: break-word; min-width: 9rem; }
.only-read, details caption, .data caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.charts { columns: 2 24rem; column-gap: 1rem; }
figure { margin: 0 0 1rem; break-inside: avoid; padding: .9rem 1rem; background: var(--card); border: 1px solid var(--border); border-radius: .5rem; }
figcaption, .bars caption { padding: 0 0 .5rem; color: var(--muted); font-size: .9rem; text-align: left; }
.ring { display: flex; align-items: center; gap: 1.25rem; }
.ring svg { width: 8rem; flex: none; }
.ring text { text-anchor: middle; font-size: 18px; font-weight: 700; fill: var(--text); }
.legend { list-style: none; padding: 0; margin: 0; font-size: .9rem; }
.legend i { display: inline-block; width: .75rem; height: .75rem; border-radius: .15rem; margin-right: .5rem; }
.bars th, .bars td { border: 0; padding: .15rem .5rem .15rem 0; vertical-align: middle; font-weight: normal; min-width: 0; }
.bars th { width: 1%; white-space: nowrap; max-width: 15rem; overflow: hidden; text-overflow: ellipsis; }
.bars td:last-child { width: 1%; text-align: right; font-variant-numeric: tabular-nums; padding-right: 0; }
.bars svg { display: block; width: 100%; height: .9rem; }
rect.critical, .ring path.critical { fill: var(--critical); } rect.high, .ring path.high { fill: var(--high); } rect.medium, .ring path.medium { fill: var(--medium); }
rect.low, .ring path.low { fill: var(--low); } .ring path.good { fill: var(--good); } 
i.good { background: var(--good); } i.high { background: var(--high); } i.other { background: none; }
.trends { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); gap: 0 1rem; }
.plot { position: relative; margin-top: .6rem; padding-left: 3rem; } .plot svg { display: block; width: 100%; height: 9rem; overflow: visible; }
.plot span { position: absolute; left: 0; top: -.7rem; font-size: .85rem; color: var(--muted); } .plot span + span { top: auto; bottom: -.7rem; }
.days { display: flex; justify-content: space-between; padding: .6rem 0 0 3rem; font-size: .85rem; color: var(--muted); }
.plot path { vector-effect: non-scaling-stroke; } .plot .grid, .plot .line, .plot .dot { fill: none; } .plot .grid { stroke: var(--border); }
.plot .area { fill-opacity: .25; } .plot .line { stroke-width: 2px; } .plot .dot { stroke: var(--text); stroke-width: 5px; stroke-linecap: round; } .plot .dot.unknown { stroke: var(--unknown); }
.area.critical { fill: var(--critical); } .area.high { fill: var(--high); } .area.medium { fill: var(--medium); } .area.low { fill: var(--low); } .area.good { fill: var(--good); }
.line.critical { stroke: var(--critical); } .line.high { stroke: var(--high); } .line.medium { stroke: var(--medium); } .line.low { stroke: var(--low); } .line.good { stroke: var(--good); }
.swatch { display: inline-block; width: .75rem; height: .75rem; border-radius: .15rem; margin: 0 .4rem 0 .6rem; }
.swatch.critical { background: var(--critical); } .swatch.high { background: var(--high); } .swatch.medium { background: var(--medium); } .swatch.low { background: var(--low); } .swatch.unknown { background: var(--unknown); }
.filters { display: flex; flex-wrap: wrap; gap: .6rem .9rem; align-items: end; margin-bottom: .5rem; }
.filters label { display: grid; gap: .15rem; font-size: .9rem; color: var(--muted); min-width: 0; }
.filters label { flex: 1 1 9rem; } .filters label:first-child { flex: 3 1 16rem; }
input, select, button { font: inherit; color: var(--text); background: var(--card); border: 1px solid var(--border); border-radius: .35rem; padding: .3rem .55rem; max-width: 100%; }
.filters input, .filters select { width: 100%; min-width: 0; }
button { cursor: pointer; } button:disabled { opacity: .5; cursor: default; }
.data thead button, .data .toggle { border: 0; background: none; padding: 0; font-weight: 600; text-align: left; color: inherit; }
.data .toggle { color: var(--link); }
.data thead th[aria-sort=ascending] button::after { content: " ▲"; } .data thead th[aria-sort=descending] button::after { content: " ▼"; }
.data .is-open th, .data .is-open td { border-bottom: 0; background: var(--code); }
.detail td { border-top: 0; background: var(--code); overflow-wrap: anywhere; }
.detail code { background: var(--card); }
.copy { display: flex; gap: .5rem; align-items: start; } .copy code { flex: 1; }
.pages { display: flex; gap: 1rem; align-items: center; margin-top: .7rem; }
@media (max-width: 40rem) {
  .verdict strong { font-size: 1.6rem; } details.fold > summary .muted { display: block; margin-left: 0; }
  .data thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .data tr, .data tbody th, .data td { display: block; border: 0; padding: .1rem .9rem; }
  .data tr { border-top: 1px solid var(--border); padding: .5rem 0; }
  .data td[data-title]::before { content: attr(data-title) ": "; color: var(--muted); }
  dl { grid-template-columns: 1fr; } dd { margin-bottom: .4rem; }
}
.on-paper { display: none; }
@media print {
  .on-paper { display: inline; }
  :root { --background: #fff; --card: #fff; --text: #000; --muted: #444; --border: #bbb; --code: #f4f4f4; color-scheme: light;
    --critical: #8f0f1f; --high: #b3261e; --medium: #8a4b00; --low: #6a5700; --good: #1a6b3c; --unknown: #4a4f9e; --label: #fff; }
  html { font-size: 7.5pt; } body { line-height: 1.4; } header, main, footer { max-width: none; padding: 0; } main > section { margin: 1.5rem 0; } .database { padding: .4rem .8rem; } .skip, .hint, .filters, .pages, .copy button, #databases { display: none; }
  details.fold::details-content { content-visibility: visible; block-size: auto; } .finding details { display: none; }
  #rules { columns: 3; column-gap: 1rem; font-size: .9em; line-height: 1.35; } #rules h2 { column-span: all; } #rules details { border: 0; margin: 0 0 .5rem; break-inside: avoid; } #rules :is(summary, .rule) { border: 0; padding: 0; list-style: none; } #rules ul { display: none; }
  #trend details { display: none; } .charts { columns: 2; } th, td { padding: .15rem .6rem; } code.command { padding: .1rem .5rem; margin: .1rem 0; }
  p, .finding { margin: .1rem 0; } .finding + .finding { margin-top: .4rem; } @page { margin: 12mm; }
  .database { content-visibility: visible; } .finding, tr { break-inside: avoid; }
  .label { border: 1px solid; } * { box-shadow: none !important; print-color-adjust: exact; }
}
`;
