/** The style of the page: light and dark as the reader's machine is, fit for paper and for a telephone. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#ffffff, #14171c); --panel: light-dark(#f6f7f9, #1b1f26);
  --ink: light-dark(#1c2230, #e4e8ef); --soft: light-dark(#5b6577, #98a3b5); --line: light-dark(#dde2ea, #2d343f);
  --series: light-dark(#2f5590, #8fb3e8); --mark: light-dark(#6b3fa0, #c3a0f0);
  --critical: light-dark(#c4262e, #ff7b7b); --high: light-dark(#a85f00, #ffb454); --medium: light-dark(#1f6fa8, #5cb8e6);
  --good: light-dark(#2a7548, #67c58f); --unknown: light-dark(#9aa4b5, #5d6778); --fill: light-dark(#fff6d6, #3a3315);
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 56rem; padding: 2rem 1.5rem 4rem; background: var(--paper); color: var(--ink);
  font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; font-variant-numeric: tabular-nums;
  overflow-wrap: anywhere; unicode-bidi: isolate; }
h1 { font-size: 1.65rem; line-height: 1.25; margin: 0.4rem 0 0; letter-spacing: -0.012em; }
h2 { font-size: 1.2rem; margin: 2.6rem 0 0.8rem; padding-bottom: 0.3rem; border-bottom: 1px solid var(--line); break-after: avoid; }
h3 { font-size: 0.98rem; margin: 1.5rem 0 0.5rem; break-after: avoid; }
p { margin: 0.5rem 0; }
code, pre { font: 0.88em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; unicode-bidi: isolate; }
code { background: var(--panel); border-radius: 4px; padding: 0.1em 0.3em; }
.soft, th, .legend, footer { color: var(--soft); }
.lead { font-size: 1.05rem; margin: 0.6rem 0 0; }
.badges { display: flex; flex-wrap: wrap; gap: 0.4rem; margin: 0; }
.badge { border: 1px solid currentColor; border-radius: 999px; padding: 0.05rem 0.65rem; font-size: 0.78rem; font-weight: 650; letter-spacing: 0.02em; }
.critical { color: var(--critical); } .high { color: var(--high); } .medium { color: var(--medium); }
.good { color: var(--good); } .quiet { color: var(--soft); }
.state { font-weight: 600; white-space: nowrap; }
.figures { display: flex; flex-wrap: wrap; gap: 0.6rem; margin: 1.3rem 0 0; }
.figures div { flex: 1 1 7.5rem; background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: 0.6rem 0.9rem; }
.figures b { display: block; font-size: 1.4rem; line-height: 1.25; font-weight: 650; }
.figures span { color: var(--soft); font-size: 0.85rem; }
dl { margin: 0.5rem 0; }
dl div { display: grid; grid-template-columns: 12rem 1fr; gap: 0 1rem; padding: 0.3rem 0; border-top: 1px solid var(--line); }
dl div:first-child { border-top: 0; }
dt { font-weight: 600; } dd { margin: 0; }
dl.numbered { counter-reset: fact; } dl.numbered dt::before { counter-increment: fact; content: counter(fact) ". "; color: var(--soft); }
.fill { background: var(--fill); border-bottom: 1px dashed var(--high); border-radius: 3px; padding: 0 0.3em; font-style: italic; }
.fill::before { content: "["; } .fill::after { content: "]"; }
table { border-collapse: collapse; width: 100%; font-size: 0.88rem; margin: 0.5rem 0; }
th { text-align: left; font-weight: 500; font-size: 0.8rem; white-space: nowrap; }
th, td { padding: 0.35rem 0.8rem 0.35rem 0; vertical-align: top; }
th:last-child, td:last-child { padding-right: 0; }
tbody tr { border-top: 1px solid var(--line); break-inside: avoid; }
td:first-child { white-space: nowrap; }
.number { text-align: right; white-space: nowrap; }
ul { padding-left: 1.2rem; margin: 0.5rem 0; }
.tasks { list-style: none; padding: 0; } .tasks li { padding: 0.12rem 0; } .box { font-size: 1.1em; color: var(--soft); }
figure { margin: 0.8rem 0; break-inside: avoid; }
figcaption { font-size: 0.88rem; margin: 0 0 0.35rem; }
.lines pre { margin: 0; padding: 0.7rem 0.9rem; background: var(--panel); border: 1px solid var(--line); border-radius: 8px; overflow-x: auto; overflow-wrap: normal; }
.plot { background: var(--panel); border: 1px solid var(--line); border-radius: 10px; padding: 0.8rem 1rem 0.4rem; }
.scroll { overflow-x: auto; }
.plot svg, .bar { width: 100%; height: auto; display: block; }
svg text { fill: var(--soft); font-size: 11px; font-family: inherit; }
.frame { fill: var(--paper); stroke: var(--line); }
.tick { stroke: var(--line); fill: none; }
.line { fill: none; stroke: var(--series); stroke-width: 1.6; stroke-linejoin: round; stroke-linecap: round; }
.dot { fill: var(--series); }
.unknown { fill: var(--unknown); fill-opacity: 0.3; }
path.threshold { fill: none; stroke: currentColor; stroke-width: 1.2; stroke-dasharray: 5 4; }
svg text.threshold { fill: currentColor; font-weight: 600; paint-order: stroke; stroke: var(--paper); stroke-width: 3px; stroke-linejoin: round; }
path.mark { stroke: var(--mark); stroke-width: 1; stroke-dasharray: 2 2; fill: none; }
svg text.mark { fill: var(--mark); font-weight: 600; }
.probe.passed { fill: var(--good); } .probe.failed { fill: var(--critical); }
.bar { border-radius: 6px; } .bar text { fill: #ffffff; font-weight: 600; }
.legend { display: flex; flex-wrap: wrap; gap: 0.2rem 1.1rem; font-size: 0.85rem; }
.legend i { display: inline-block; width: 0.8rem; height: 0.65rem; margin-right: 0.35rem; border-radius: 2px; }
.phase.detection { fill: #8a5a00; background: #8a5a00; } .phase.decision { fill: #5b6577; background: #5b6577; }
.phase.people { fill: #6b3fa0; background: #6b3fa0; } .phase.rollback { fill: #2f5590; background: #2f5590; }
.phase.verification { fill: #2a7548; background: #2a7548; }
footer { margin-top: 3rem; font-size: 0.85rem; border-top: 1px solid var(--line); padding-top: 0.8rem; }
@media (max-width: 40rem) {
  body { padding: 1.2rem 1rem 3rem; }
  h1 { font-size: 1.35rem; }
  dl div { grid-template-columns: 1fr; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tr { display: block; padding: 0.5rem 0; }
  td, td.number { display: grid; grid-template-columns: 7rem 1fr; gap: 0.6rem; padding: 0.1rem 0; text-align: left; white-space: normal; }
  td::before { content: attr(data-head); color: var(--soft); font-size: 0.8rem; }
  td:empty { display: none; }
  .plot { padding: 0.7rem 0.6rem 0.3rem; } .plot svg { min-width: 36rem; }
}
@media print {
  :root { color-scheme: light; }
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  .lines pre { white-space: pre-wrap; overflow-wrap: anywhere; }
}
`;
