"""How the report looks: on a wide screen, on a telephone, on paper."""

CSS = """
:root { color-scheme: light; --ink: #1a1a1a; --soft: #5a6068; --line: #d9dde2; --ground: #f5f6f8;
  --accent: #0072b2; --good: #00704f; --bad: #b04700; --unknown: #5a6068; }
* { box-sizing: border-box; }
html { background: #fff; -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 72rem; background: #fff; color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  overflow-wrap: anywhere; }
h1, h2, h3, h4 { line-height: 1.25; margin: 0; text-wrap: balance; }
h1 { font-size: 1.75rem; }
h2 { font-size: 1.3rem; margin: 3rem 0 .75rem; padding-top: 1rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.75rem 0 .5rem; }
h4 { font-size: .95rem; }
p, ul, ol { margin: .5rem 0; }
p, li { max-width: 46rem; }
a { color: var(--accent); }
header p { color: var(--soft); }
nav { margin: 1rem 0 0; font-size: .9rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .15rem 1rem; padding: 0; margin: 0; list-style: none; }
.note { color: var(--soft); font-size: .9rem; }
.warning { border-left: 4px solid var(--bad); background: #fdf3ec; padding: .6rem .9rem; margin: 1rem 0; }
.answer { border-left: 4px solid var(--accent); background: var(--ground); padding: .9rem 1.1rem; margin: 1rem 0;
  font-size: 1.1rem; }
.answer p { margin: .35rem 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(15rem, 100%), 1fr)); gap: .75rem;
  padding: 0; margin: 1rem 0; list-style: none; }
.tiles li { border: 1px solid var(--line); border-radius: .4rem; padding: .7rem .9rem; }
.tiles .number { display: block; font-size: 1.7rem; font-weight: 600; line-height: 1.2; }
.tiles .range { color: var(--soft); }
.tiles .what { display: block; font-size: .9rem; }
.tiles .verdict { display: block; margin-top: .3rem; }
.checks { list-style: none; padding: 0; }
.checks li { display: grid; grid-template-columns: 6.2rem 1fr; gap: .75rem; padding: .4rem 0;
  border-bottom: 1px solid var(--line); max-width: none; }
.checks li > * { min-width: 0; }
.mark { font-weight: 600; white-space: nowrap; }
.passed { color: var(--good); } .failed { color: var(--bad); } .unknown { color: var(--unknown); }
figure { margin: 1rem 0 1.5rem; }
figcaption { color: var(--soft); font-size: .9rem; max-width: 46rem; margin-top: .35rem; }
img { display: block; max-width: 100%; height: auto; }
.scroll { overflow-x: auto; max-width: 100%; }
.scroll:focus-visible, summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.figures { display: flex; flex-wrap: wrap; gap: 0 2rem; align-items: flex-start; }
.figures > figure { min-width: 0; max-width: 100%; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; margin: .5rem 0; }
caption { text-align: left; color: var(--soft); padding: 0 0 .4rem; }
caption span { position: sticky; left: 0; display: inline-block; max-width: min(46rem, calc(100vw - 2.5rem)); }
th, td { padding: .35rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top;
  overflow-wrap: break-word; max-width: 24rem; }
thead th { border-bottom: 2px solid #9aa1a9; vertical-align: bottom; min-width: 4rem; }
th:first-child, td:first-child { padding-left: 0; }
td.number, th.number { text-align: right; white-space: nowrap; }
thead th.number { white-space: normal; }
tbody th { font-weight: 500; min-width: 7rem; }
td.words { min-width: 14rem; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(17rem, 100%), 1fr)); gap: 1rem; }
.card { border: 1px solid var(--line); border-radius: .4rem; padding: .8rem; min-width: 0; break-inside: avoid; }
.card img { width: 100%; max-height: 24rem; object-fit: contain; margin: .5rem 0; background: var(--ground); }
.card dl { display: grid; grid-template-columns: auto 1fr; gap: .1rem .75rem; margin: .4rem 0 0;
  font-size: .9rem; }
.card dt { color: var(--soft); } .card dd { margin: 0; min-width: 0; }
details { margin: .75rem 0; }
summary { cursor: pointer; color: var(--accent); }
pre { font: .85rem/1.45 ui-monospace, Menlo, Consolas, monospace; background: var(--ground); padding: .75rem;
  overflow-x: auto; margin: .5rem 0; }
.methods { border: 1px solid var(--line); border-radius: .4rem; padding: .4rem 1.1rem; }
@media (max-width: 40rem) {
  body { padding: 1.25rem 1rem 3rem; }
  h1 { font-size: 1.4rem; }
  .wide img { min-width: 38rem; max-width: none; }
  .medium img { min-width: 27rem; max-width: none; }
  .checks li { grid-template-columns: 1fr; gap: 0; }
}
@media print {
  @page { margin: 16mm; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav, details:not([open]) { display: none; }
  h2 { margin-top: 1.5rem; }
  h2, h3, h4 { break-after: avoid; }
  figure, tr, .tiles li { break-inside: avoid; }
  thead { display: table-header-group; }
  .scroll { overflow: visible; }
  caption span { position: static; max-width: none; }
  table { font-size: 8pt; } th, td { padding: .2rem .35rem; min-width: 0 !important; }
  .answer, .warning, .card { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .cards { grid-template-columns: repeat(2, 1fr); }
  .wide img, .medium img { min-width: 0; max-width: 100%; }
}
"""
