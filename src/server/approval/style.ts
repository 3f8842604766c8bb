import { createHash } from 'node:crypto';

/** The style of the pages: light and dark as the reader's phone is. Nothing is loaded from anywhere. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#f3f4f7, #101318); --panel: light-dark(#ffffff, #191d24);
  --ink: light-dark(#161b26, #e8ecf2); --soft: light-dark(#525c6e, #a3aebf); --line: light-dark(#d9dee7, #303845);
  --field: light-dark(#7a8496, #6e7a8c); --focus: light-dark(#0b57d0, #8ab4f8);
  --critical: light-dark(#b3202a, #ff8a8a); --high: light-dark(#935200, #ffb95e); --medium: light-dark(#11619b, #7cc4f0);
  --go: light-dark(#1a6b3c, #7bd3a0); --stop: light-dark(#b3202a, #ff8a8a);
  --series: light-dark(#33558c, #93b7ea);
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 38rem; padding: 0.9rem 1rem 3rem; background: var(--paper); color: var(--ink);
  font: 16px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
h1 { font-size: 1.55rem; line-height: 1.2; letter-spacing: -0.015em; margin: 0.35rem 0 0.3rem; }
h2 { font-size: 0.8rem; letter-spacing: 0.05em; text-transform: uppercase; color: var(--soft); margin: 0 0 0.45rem; font-weight: 650; }
p { margin: 0.25rem 0; }
.soft { color: var(--soft); }
small, .small { font-size: 0.875rem; }
.tag { font-size: 0.8rem; font-weight: 700; letter-spacing: 0.04em; }
.critical { color: var(--critical); } .high { color: var(--high); } .medium { color: var(--medium); }
.panel { background: var(--panel); border: 1px solid var(--line); border-radius: 12px; padding: 0.75rem 0.9rem; margin: 0.6rem 0; }
.move { font-weight: 600; font-size: 1.05rem; margin: 0; }
.move small { font-weight: 400; }
.deadline { border-left: 5px solid var(--high); }
.deadline b { font-size: 1.1rem; }
.notice { border-left: 5px solid var(--stop); }
.done { border-left: 5px solid var(--go); }
.risk { font-weight: 600; }
.risk.destructive-data { color: var(--stop); } .risk.disruptive { color: var(--high); }
.value { font-size: 1.3rem; font-weight: 650; line-height: 1.25; }
svg { display: block; width: 100%; height: auto; margin: 0.5rem 0 0.1rem; overflow: visible; }
svg .line { fill: none; stroke: var(--series); stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
svg .area { fill: var(--series); fill-opacity: 0.16; }
svg .threshold { stroke: var(--stop); stroke-width: 1.5; stroke-dasharray: 5 4; }
svg .last { fill: var(--series); }
svg .passed { fill: var(--go); } svg .failed { fill: var(--stop); } svg .unknown { fill: var(--soft); }
.scale { display: flex; justify-content: space-between; gap: 1rem; margin: 0; }
ol, ul { margin: 0.5rem 0; padding-left: 1.35rem; }
li { margin: 0.25rem 0; }
label { display: block; font-weight: 600; margin: 0.9rem 0 0.3rem; }
label + .soft { margin: -0.15rem 0 0.35rem; }
input { width: 100%; min-height: 3rem; padding: 0.6rem 0.75rem; font: inherit; color: inherit; background: var(--paper);
  border: 1px solid var(--field); border-radius: 8px; }
button, .button { display: block; width: 100%; min-height: 3rem; padding: 0.6rem 1rem; margin: 0.6rem 0 0; font: inherit; font-weight: 650; text-align: center;
  text-decoration: none; color: var(--ink); background: var(--panel); border: 2px solid var(--field); border-radius: 10px; cursor: pointer; }
button.go, .button.go { color: light-dark(#ffffff, #08130c); background: var(--go); border-color: var(--go); }
button.stop, .button.stop { color: light-dark(#ffffff, #1d0606); background: var(--stop); border-color: var(--stop); }
button.no { border-color: var(--stop); color: var(--stop); }
.more { display: grid; grid-template-columns: 1fr 1fr; gap: 0 0.6rem; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
footer { margin: 1.2rem 0.2rem 0; color: var(--soft); font-size: 0.85rem; }
code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: 0.9em; }
[hidden] { display: none; }
`;

/** How the content security policy names the style: no other style, and no script at all, is obeyed by the browser. */
export const pageStyleHash = `sha256-${createHash('sha256').update(pageStyle).digest('base64')}`;
