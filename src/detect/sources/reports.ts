import { z } from 'zod';
import type { Clock } from '../../domain/ports/clock.ts';
import type { BugReport, BugReports } from '../../domain/ports/reports.ts';
import type { Source } from '../../domain/ports/source.ts';
import type { Reading } from '../../domain/reading.ts';
import { DAY, formatDuration, MINUTE } from '../../domain/time.ts';
import { duration } from './schema.ts';

/** How far back reports count. */
export interface ReportsOptions {
  readonly withinMs: number;
}

const reportsOptions: z.ZodType<ReportsOptions> = z
  .strictObject({ within: duration({ min: MINUTE, max: DAY }).describe('How far back reports count') })
  .transform(({ within }) => ({ withinMs: within }));

/**
 * How many people have reported the same bug of a target: of the issue that most of them name, within the time.
 * Somebody who reports an issue twice is one person; no report at all is 0.
 */
export function reportsSource({
  reports,
  clock,
}: {
  readonly reports: BugReports;
  readonly clock: Clock;
}): Source<ReportsOptions> {
  return {
    kind: 'reports',
    options: reportsOptions,
    seesDeploys: false,
    signal: () => 'value',
    unit: () => 'number',
    windowMs: ({ withinMs }) => withinMs,
    identity: () => 'reports',
    onTargetsOnly: () => true,
    read({ withinMs }, subjects) {
      const at = clock.now();
      const readings = subjects.map(({ name, target }): [string, Reading] => {
        if (target === null)
          return [name, { kind: 'unknown', at, why: 'never_seen', detail: 'bugs are reported of targets' }];
        const recent = reports.of(name).filter((report) => report.at > at - withinMs);
        return [name, { kind: 'value', at, ...worst(recent, formatDuration(withinMs)) }];
      });
      return Promise.resolve(new Map(readings));
    },
  };
}

function worst(recent: readonly BugReport[], within: string): { value: number; detail: string } {
  const counts = Map.groupBy(recent, ({ issue }) => issue);
  const [first] = [...counts].toSorted(([, a], [, b]) => b.length - a.length);
  if (first === undefined) return { value: 0, detail: `no bug reported within ${within}` };
  const [issue, { length }] = first;
  return {
    value: length,
    detail: `${length} ${length === 1 ? 'person' : 'people'} reported ${issue} within ${within}`,
  };
}
