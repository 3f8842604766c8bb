import { formatDuration } from '../domain/time.ts';
import type { ReleaseView } from '../domain/ports/daemon.ts';
import { columns } from './columns.ts';
import type { CliContext } from './command.ts';
import { painter, paintStanding, type Paint } from './paint.ts';
import { printable } from './printable.ts';
import { distance } from './times.ts';

/** `release list TARGET`. */
export async function printReleases(context: CliContext, target: string): Promise<number> {
  const api = context.api();
  const releases = await api.releases(target);
  if (context.json) {
    context.out(JSON.stringify(releases));
    return 0;
  }
  if (releases.length === 0) {
    context.out(`no release of ${target} has been seen yet`);
    return 0;
  }
  const { now } = await api.status();
  const paint = painter(context.color);
  const head = ['ID', 'RELEASE', 'STANDING', 'BECAUSE', 'BAKED', 'FIRST SEEN', 'SERVED', ''].map(paint.dim);
  const rows = printable(releases).map((release) => row(release, now, paint));
  columns([head, ...rows]).forEach((line) => context.out(line));
  return 0;
}

function row(release: ReleaseView, now: number, paint: Paint): string[] {
  const { id, components, standing, because, bakedMs, firstSeenAt, servedAt, current, lastGood, barrier } =
    release;
  const labels = components.filter(({ kind }) => kind !== 'config').map(({ label }) => label);
  return [
    id,
    labels.join(' + ') || '-',
    paintStanding(paint, standing),
    because,
    formatDuration(bakedMs),
    distance(firstSeenAt, now),
    current ? 'now' : distance(servedAt, now),
    [current ? 'current' : '', lastGood ? 'last good' : '', barrier === null ? '' : `barrier: ${barrier}`]
      .filter((mark) => mark !== '')
      .join(', '),
  ];
}
