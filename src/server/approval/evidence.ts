import { markup, type Markup } from '../../domain/markup.ts';
import type { IncidentView, PlanView } from '../../domain/ports/daemon.ts';
import type { FiredLevel } from '../../domain/incident.ts';
import { from } from './page.ts';
import { sparkline } from './sparkline.ts';
import { clockTime, counted, riskWords, spelled } from './words.ts';

/** What is broken and since when: the value beside its threshold, and a picture of the readings. */
export function broken(incident: IncidentView, now: number): Markup {
  const series = incident.series.find(({ rule }) => rule === incident.rule) ?? null;
  const level = leading(incident);
  const since = level?.since ?? incident.marks.breachedAt ?? incident.openedAt;
  const value = series?.readings.at(-1)?.detail ?? incident.readings.at(-1)?.detail ?? level?.detail ?? '';
  const limit =
    level === null ? '' : markup`<br><span class="soft">threshold: ${from(level.condition)}</span>`;
  return markup`<section class="panel" aria-labelledby="broken"><h2 id="broken">What is broken</h2>
<p>${from(series?.summary ?? incident.rule)}</p>
<p><b class="value ${incident.severity}">${from(value === '' ? incident.reason : value)}</b>${limit}</p>
<p>Since ${clockTime(since, now)}, for ${spelled(now - since)}</p>
${(series === null ? null : sparkline(series, now)) ?? ''}${others(incident, level)}</section>`;
}

/** The gravest level of the leading rule that still holds, or of those that fired. */
function leading({ rule, severity, levels }: IncidentView): FiredLevel | null {
  const own = levels.filter((level) => level.rule === rule);
  return own.find((level) => level.severity === severity && level.recoveredAt === null) ?? own.at(-1) ?? null;
}

function others({ rule, levels }: IncidentView, leads: FiredLevel | null): Markup | string {
  const rest = levels.filter((level) => level !== leads && level.rule !== rule && level.recoveredAt === null);
  if (rest.length === 0) return '';
  const items = rest.slice(0, 5).map(({ rule, detail }) => markup`<li>${from(rule)}: ${from(detail)}</li>`);
  const more = rest.length > 5 ? markup`<li>and ${counted(rest.length - 5, 'other')}</li>` : '';
  return markup`<p>Also firing:</p><ul>${items}${more}</ul>`;
}

/** What will be done, step by step, and what that risks. */
export function planned(plan: PlanView): Markup {
  const warnings = plan.findings.map(
    ({ message }) => markup`<p class="small high">Note: ${from(message)}</p>`,
  );
  return markup`<section class="panel" aria-labelledby="planned"><h2 id="planned">What will be done</h2>
${move(plan)}<ol>${plan.steps.map((step) => markup`<li>${from(step)}</li>`)}</ol>
<p class="risk ${plan.risk}">${riskWords[plan.risk]}</p>${warnings}</section>`;
}

/** From which release to which. */
export function move({ from: leaves, to }: PlanView): Markup | string {
  if (to === null) return '';
  const good =
    to.standing === 'good' ? markup`<br><small class="soft">The second one is known to be good.</small>` : '';
  return markup`<p class="move">${from(leaves?.name ?? 'unknown')} → ${from(to.name)}${good}</p>`;
}
