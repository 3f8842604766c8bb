import { formatDuration } from '../domain/time.ts';
import { Markup, markup } from '../domain/markup.ts';
import { gridOf } from './page-grid.ts';
import { overviewOf } from './page-overview.ts';
import { plotOf } from './page-plot.ts';
import { pageStyle } from './page-style.ts';
import { plainInk } from './plain-ink.ts';
import type { IncidentReport, LevelReport, Report, TrackReport } from './report.ts';
import { percent, wordDecision } from './summary.ts';
import { minuteOf } from '../domain/axis.ts';

/** A page that shows a backtest: complete in itself, without scripts, and with nothing loaded from anywhere. */
export function pageOf(report: Report): string {
  const loud = report.tracks.filter(fires);
  const quiet = report.tracks.filter((track) => !fires(track));
  const title = `Backtest of ${report.environment}`;
  return markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>${new Markup(pageStyle)}</style></head><body>
<header><h1>${title}</h1>
<p class="soft">${minuteOf(report.fromMs)} to ${minuteOf(report.toMs)} UTC, ${formatDuration(report.toMs - report.fromMs)} at steps of ${formatDuration(report.stepMs)}</p>
${notes(report)}${facts(report)}</header>
<section><h2>What would have happened</h2>${overviewOf(report)}${legend()}${incidents(report)}</section>
<section><h2>Rules that fired</h2>${loud.length === 0 ? markup`<p class="soft">None.</p>` : loud.map((track) => article(track, report))}</section>
${quiet.length === 0 ? '' : markup`<section><h2>Rules that did not</h2>${quiet.map((track) => folded(track, report))}</section>`}
<footer>Each pixel shows the least and the greatest reading that falls into it. Times are UTC. Made by rollbackd backtest.</footer>
</body></html>
`.text;
}

function fires({ levels }: TrackReport): boolean {
  return levels.some(({ firings }) => firings.length > 0);
}

function notes({ assumptions, notReplayed }: Report): Markup {
  const assumed = assumptions.map((text) => markup`<li>Assumed: ${text}.</li>`);
  const left = notReplayed.map(
    ({ rule, reason }) => markup`<li class="warn">Not replayed: ${rule}: ${reason}</li>`,
  );
  return markup`<ul class="notes">${[...assumed, ...left]}</ul>`;
}

function facts({ incidents, tracks, score, fromMs, toMs }: Report): Markup {
  const firings = tracks.flatMap(({ levels }) => levels.flatMap((level) => level.firings)).length;
  const acted = incidents.filter(({ rollbackAt }) => rollbackAt !== null).length;
  const asked = incidents.filter(({ decision }) => decision?.action === 'ask').length;
  const slots = tracks.reduce((sum, track) => sum + track.slots, 0);
  const covered = tracks.reduce((sum, track) => sum + track.coverage * track.slots, 0);
  const weeks = (toMs - fromMs) / (7 * 24 * 3_600_000);
  const shown: readonly (readonly [string, string])[] = [
    [String(incidents.length), 'incidents'],
    [String(acted), 'would have rolled back'],
    [String(asked), 'would have asked'],
    [(firings / Math.max(weeks, 1 / 168)).toFixed(1), 'firings a week'],
    [percent(slots === 0 ? 0 : covered / slots), 'of the history is there'],
    ...Object.entries(score).flatMap(([target, one]): (readonly [string, string])[] => [
      [
        one.precision === null ? '–' : percent(one.precision),
        `precision on ${target} (${one.right} of ${one.firings})`,
      ],
      [one.recall === null ? '–' : percent(one.recall), `recall on ${target} (${one.found} of ${one.bad})`],
    ]),
  ];
  return markup`<div class="facts">${shown.map(([value, name]) => markup`<div><b>${value}</b><span>${name}</span></div>`)}</div>`;
}

function legend(): Markup {
  const swatches = [
    ['var(--critical)', 'CRITICAL fires'],
    ['var(--high)', 'HIGH fires'],
    ['var(--medium)', 'MEDIUM fires'],
    ['var(--pending)', 'pending'],
    ['var(--unknown)', 'nothing known'],
  ] as const;
  const items = swatches.map(
    ([color, words]) => markup`<span><i style="background:${color}"></i>${words}</span>`,
  );
  return markup`<p class="legend">${items}<span>▲ below a lane, ▼ on a plot: a release arrives (red: known to be bad)</span><span>▼ above a lane: would have rolled back</span><span>strips below a plot: a level each</span></p>`;
}

function incidents(report: Report): Markup {
  if (report.incidents.length === 0) return markup`<p class="soft">No incident.</p>`;
  const rows = report.incidents.map((incident) => incidentRow(incident, report.toMs));
  return markup`<table class="rows"><thead><tr><th>Detected</th><th>Level</th><th>Target</th><th>Rule</th><th class="number">After</th><th class="number">Lasted</th><th>The daemon</th></tr></thead><tbody>${rows}</tbody></table>`;
}

function incidentRow(incident: IncidentReport, toMs: number): Markup {
  const { target, severity, rule, breachedAt, detectedAt, endedAt, rollbackAt } = incident;
  const lasted = formatDuration((endedAt ?? toMs) - (breachedAt ?? detectedAt));
  const after = breachedAt === null ? '–' : formatDuration(detectedAt - breachedAt);
  const acted = rollbackAt === null ? '' : markup` class="acted"`;
  return markup`<tr><td class="time">${minuteOf(detectedAt)}</td><td class="level ${severity}">${severity.toUpperCase()}</td><td>${target}</td><td>${rule}</td><td class="number">${after}</td><td class="number">${endedAt === null ? `${lasted}, still open` : lasted}</td><td${acted}>${wordDecision(incident, plainInk)}</td></tr>`;
}

function article(track: TrackReport, report: Report): Markup {
  return markup`<article><h3>${track.rule} <span class="soft">on ${track.subject}</span></h3>${body(track, report)}</article>`;
}

function folded(track: TrackReport, report: Report): Markup {
  const worst = track.levels.some(({ pending }) => pending.length > 0) ? 'was pending at times' : 'quiet';
  return markup`<details><summary><h3>${track.rule} <span class="soft">on ${track.subject}, ${worst}</span></h3></summary>${body(track, report)}</details>`;
}

function body(track: TrackReport, report: Report): Markup {
  const trouble = track.firstTrouble === null ? '' : markup`; at first: ${track.firstTrouble}`;
  const grids = track.levels.flatMap(gridOf);
  return markup`<p class="soft">${track.summary}. Every ${formatDuration(track.stepMs)}, ${percent(track.unknownShare)} of the readings unknown${trouble}</p>${plotOf(track, report.deploys)}${levelTable(track)}${grids.length === 0 ? '' : markup`<div class="grids">${grids}</div>`}`;
}

function levelTable({ levels }: TrackReport): Markup {
  const scored = levels.some(({ score }) => score !== null);
  const rows = levels.map((level) => levelRow(level, scored));
  const more = scored
    ? markup`<th class="number">Precision</th><th class="number">Recall</th><th class="number">Delay</th>`
    : '';
  return markup`<table class="rows"><thead><tr><th>Level</th><th>Condition</th><th class="number">Fired</th><th class="number">A week</th><th class="number">Firing</th><th class="number">Breached</th>${more}</tr></thead><tbody>${rows}</tbody></table>`;
}

function levelRow(level: LevelReport, scored: boolean): Markup {
  const { severity, condition, firings, firingsPerWeek, firingMs, breachedMs, score } = level;
  const share = (value: number | null | undefined): string =>
    value === null || value === undefined ? '–' : percent(value);
  const delay = score?.delayMs === null || score === null ? '–' : formatDuration(score.delayMs);
  const more = scored
    ? markup`<td class="number">${share(score?.precision)}</td><td class="number">${share(score?.recall)}</td><td class="number">${delay}</td>`
    : '';
  return markup`<tr><td class="level ${severity}">${severity.toUpperCase()}</td><td>${condition}</td><td class="number">${firings.length}</td><td class="number">${firingsPerWeek.toFixed(1)}</td><td class="number">${durationOr(firingMs)}</td><td class="number">${durationOr(breachedMs)}</td>${more}</tr>`;
}

function durationOr(ms: number): string {
  return ms === 0 ? '–' : formatDuration(ms);
}
