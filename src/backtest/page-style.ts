/** The style of the page: light and dark as the reader's machine is, and fit for paper. Nothing is loaded from anywhere. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#ffffff, #14171c); --panel: light-dark(#f7f8fa, #1b1f26);
  --ink: light-dark(#1c2230, #e4e8ef); --soft: light-dark(#5b6577, #98a3b5); --line: light-dark(#dde2ea, #2d343f);
  --series: light-dark(#3b5b8c, #8fb3e8);
  --critical: light-dark(#c4262e, #ff6b6b); --high: light-dark(#b86a00, #ffb454); --medium: light-dark(#1f78b4, #5cb8e6);
  --good: light-dark(#2e7d4f, #67c58f); --pending: light-dark(#e0a800, #d9b038); --unknown: light-dark(#9aa4b5, #5d6778);
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 80rem; padding: 2rem 1.5rem 4rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; font-variant-numeric: tabular-nums; }
h1 { font-size: 1.6rem; margin: 0; letter-spacing: -0.01em; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 0.75rem; }
h3 { font-size: 1rem; margin: 0; font-weight: 600; }
p { margin: 0.25rem 0; }
.soft, th { color: var(--soft); }
.notes { margin: 0.75rem 0 0; padding: 0; list-style: none; color: var(--soft); font-size: 0.9rem; }
.notes .warn { color: var(--high); }
.facts { display: flex; flex-wrap: wrap; gap: 0.75rem; margin: 1.5rem 0 0; }
.facts div { flex: 1 1 8rem; background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: 0.7rem 1rem; }
.facts b { display: block; font-size: 1.5rem; line-height: 1.2; font-weight: 650; }
.facts span { color: var(--soft); font-size: 0.85rem; }
table { border-collapse: collapse; font-size: 0.88rem; }
th { text-align: left; font-weight: 500; font-size: 0.8rem; }
th, td { padding: 0.3rem 0.9rem 0.3rem 0; vertical-align: top; }
table.rows { width: 100%; }
table.rows tbody tr { border-top: 1px solid var(--line); }
.number { text-align: right; white-space: nowrap; }
.time { white-space: nowrap; }
.level { font-weight: 650; font-size: 0.78rem; letter-spacing: 0.03em; white-space: nowrap; }
.level.critical { color: var(--critical); } .level.high { color: var(--high); } .level.medium { color: var(--medium); }
.acted { font-weight: 600; }
article, details { background: var(--panel); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.2rem; margin: 0 0 1rem; break-inside: avoid; }
summary { cursor: pointer; }
summary h3 { display: inline; }
details > :nth-child(2) { margin-top: 0.5rem; }
.plot { width: 100%; height: auto; display: block; margin: 0.6rem 0 0.4rem; }
.plot text { fill: var(--soft); font-size: 11px; font-family: inherit; }
.plot text.critical { fill: var(--critical); } .plot text.high { fill: var(--high); } .plot text.medium { fill: var(--medium); }
.plot text.bad { fill: var(--critical); }
.frame { fill: none; stroke: var(--line); }
.tick { stroke: var(--line); }
.plot text.label { paint-order: stroke; stroke: var(--panel); stroke-width: 3px; stroke-linejoin: round; }
.strip { stroke-width: 5; fill: none; }
.strip.pending { stroke: var(--pending); } .strip.faint { stroke-opacity: 0.4; }
.strip.critical { stroke: var(--critical); } .strip.high { stroke: var(--high); } .strip.medium { stroke: var(--medium); }
.area { fill: var(--series); fill-opacity: 0.28; stroke: var(--series); stroke-width: 1.1; stroke-linejoin: round; }
.threshold { stroke-width: 1.2; stroke-dasharray: 5 4; fill: none; }
.threshold.critical { stroke: var(--critical); } .threshold.high { stroke: var(--high); } .threshold.medium { stroke: var(--medium); }
.band { stroke: none; }
.band.pending { fill: var(--pending); fill-opacity: 0.22; }
.band.unknown { fill: var(--unknown); fill-opacity: 0.28; }
.band.critical { fill: var(--critical); } .band.high { fill: var(--high); } .band.medium { fill: var(--medium); }
.band.firing { fill-opacity: 0.26; }
.lane { fill-opacity: 0.9; }
.deploy { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 2 3; }
.deploy.bad { stroke: var(--critical); stroke-dasharray: none; stroke-width: 1.4; }
.mark { fill: var(--soft); } .mark.bad { fill: var(--critical); } .mark.act { fill: var(--ink); }
.hover { fill: transparent; } .hover:hover { fill: var(--ink); fill-opacity: 0.07; }
.legend { display: flex; flex-wrap: wrap; gap: 0.3rem 1.2rem; color: var(--soft); font-size: 0.85rem; margin: 0.4rem 0 1.2rem; }
.legend i { display: inline-block; width: 0.9rem; height: 0.65rem; margin-right: 0.4rem; border-radius: 2px; }
.grids { display: flex; flex-wrap: wrap; gap: 0.5rem 2.5rem; margin-top: 0.8rem; }
.grid { font-size: 0.82rem; }
.grid caption { text-align: left; color: var(--soft); padding-bottom: 0.3rem; }
.grid th { white-space: nowrap; padding: 0.2rem 0.6rem; font-size: 0.78rem; }
.grid td { text-align: center; padding: 0.25rem 0.6rem; min-width: 4.2rem; border: 2px solid var(--panel); border-radius: 4px;
  background: color-mix(in srgb, var(--critical) calc(var(--heat) * 60%), color-mix(in srgb, var(--good) 16%, var(--panel))); }
.grid td.present { outline: 2px solid var(--ink); outline-offset: -2px; font-weight: 700; }
.grid small { display: block; opacity: 0.8; }
footer { margin-top: 3rem; color: var(--soft); font-size: 0.85rem; }
@media print {
  :root { color-scheme: light; }
  body { max-width: none; padding: 0; font-size: 11px; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  details::details-content { content-visibility: visible; height: auto; }
  .hover { display: none; }
}
`;
