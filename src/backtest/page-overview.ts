import { markup, type Markup } from '../domain/markup.ts';
import { anchorAt, placeOf } from './page-plot.ts';
import type { Report } from './report.ts';
import { minuteOf, ticksOf } from '../domain/axis.ts';
import { wordDecision } from './summary.ts';
import { plainInk } from './plain-ink.ts';

const laneHeight = 26;
const top = 14;

/** One lane a target: its deploys, its incidents, and where the daemon would have acted. */
export function overviewOf(report: Report): Markup {
  const targets = [
    ...new Set([
      ...report.tracks.map(({ subject }) => subject),
      ...report.incidents.map(({ target }) => target),
    ]),
  ];
  const height = top + targets.length * laneHeight;
  const ticks = ticksOf(report, 12).map(
    ({ at, label }) =>
      markup`<path class="tick" d="M${placeOf(at, report)} ${top - 4}V${height}"/><text x="${placeOf(at, report)}" y="${height + 14}" text-anchor="${anchorAt(at, report)}">${label}</text>`,
  );
  const lanes = targets.map((target, index) => laneOf(report, target, top + index * laneHeight));
  return markup`<svg class="plot" viewBox="0 0 1200 ${height + 20}" role="img" aria-label="incidents and deploys by target">${ticks}${lanes}</svg>`;
}

function laneOf(report: Report, target: string, y: number): Markup {
  const bottom = y + laneHeight - 8;
  const incidents = report.incidents
    .filter((incident) => incident.target === target)
    .map((incident) => {
      const { severity, rule, detectedAt, endedAt, decidedAt, rollbackAt } = incident;
      const x = placeOf(detectedAt, report);
      const wide = Math.max(2, Math.round((placeOf(endedAt ?? report.toMs, report) - x) * 10) / 10);
      const words = `${minuteOf(detectedAt)} ${severity.toUpperCase()} ${rule}: ${wordDecision(incident, plainInk)}`;
      const acted = rollbackAt === null ? [] : [arrowAt(placeOf(decidedAt ?? rollbackAt, report), y, words)];
      return markup`<rect class="band lane ${severity}" x="${x}" y="${y + 4}" width="${wide}" height="${laneHeight - 12}"><title>${words}</title></rect>${acted}`;
    });
  const deploys = report.deploys
    .filter((deploy) => deploy.target === target)
    .map(({ at, release, bad }) => {
      const kind = bad === true ? ' bad' : '';
      const words = `${release} deployed at ${minuteOf(at)}${bad === true ? ', known to be bad' : ''}`;
      return markup`<path class="mark${kind}" d="M${placeOf(at, report)} ${bottom - 2}l-4.5 8h9z"><title>${words}</title></path>`;
    });
  return markup`<path class="tick" d="M84 ${bottom}H1188"/><text x="76" y="${bottom - 3}" text-anchor="end">${short(target)}<title>${target}</title></text>${incidents}${deploys}`;
}

function arrowAt(x: number, y: number, words: string): Markup {
  return markup`<path class="mark act" d="M${x} ${y + 3}l-4.5 -8h9z"><title>${words}</title></path>`;
}

/** What fits beside the picture; the whole name is there to be pointed at. */
function short(name: string): string {
  return name.length <= 11 ? name : `${name.slice(0, 10)}…`;
}
