import type { IncidentView, Report } from '../domain/ports/daemon.ts';
import { nameRelease } from '../domain/release.ts';
import type { Core } from '../engine/core.ts';
import { incidentView } from '../engine/views/incident.ts';
import { reportOf } from '../record/report/report.ts';
import type { ReportInput } from '../record/report/course.ts';

/** The report on one incident as it stands; null when there is none of that name. */
export async function report(core: Core, id: string): Promise<Report | null> {
  const incident = await incidentView(core, id);
  if (incident === null) return null;
  const { store, clock } = core.parts;
  return reportOf({
    incident,
    environment: core.book.configuration.environment,
    now: clock.now(),
    change: changeBefore(core, incident),
    head: await store.head(),
  });
}

/** The release that arrived last before it broke. One that was the first that was ever seen did not arrive. */
function changeBefore(core: Core, { target, marks, openedAt }: IncidentView): ReportInput['change'] {
  const from = marks.detectedAt ?? openedAt;
  const seen = core.parts.releases
    .list(target)
    .filter(({ servedAt, firstSeenAt }) => servedAt > 0 && firstSeenAt <= from)
    .toSorted((a, b) => b.firstSeenAt - a.firstSeenAt);
  const [last, before] = seen;
  return last === undefined || before === undefined
    ? null
    : { release: nameRelease(last), at: last.firstSeenAt };
}
