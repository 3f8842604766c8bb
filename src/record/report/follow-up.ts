import type { IncidentView } from '../../domain/ports/daemon.ts';
import type { Effect } from '../../domain/effect.ts';
import { formatDuration } from '../../domain/time.ts';
import { counted, isRequest, leadOf, utc } from './course.ts';
import type { Line, Section } from './document.ts';

/** What would have caught it earlier; the daemon knows only how it found it itself. */
export function prevention(incident: IncidentView): Section {
  return {
    title: 'Prevention',
    blocks: [
      {
        kind: 'facts',
        numbered: true,
        facts: [
          { name: 'What test would have caught this', value: [{ fill: 'the test' }] },
          { name: 'What monitoring was missing', value: [...seen(incident), { fill: 'the gap' }] },
          { name: 'Process improvements', value: [{ fill: 'what changes' }] },
        ],
      },
    ],
  };
}

function seen(incident: IncidentView): Line {
  const level = leadOf(incident);
  const blind = incident.series.flatMap(({ rule, readings }) => {
    const unknown = readings.filter(({ verdict }) => verdict === 'unknown').length;
    return unknown === 0
      ? []
      : [`${rule} could not see in ${unknown} of ${counted(readings.length, 'reading')}`];
  });
  const found =
    isRequest(incident) || level === undefined
      ? 'no rule fired before a person asked'
      : `${level.rule} fired ${formatDuration(level.firedAt - level.since)} after its first breaching reading`;
  return [`${[found, ...blind].join('; ')}. `];
}

/** What is to be done before the next try, with the checklist of the template. */
export function remigration(incident: IncidentView): Section {
  const fill = (what: string): Line => ['yes / no: ', { fill: what }];
  return {
    title: 'Re-migration plan',
    blocks: [
      {
        kind: 'facts',
        numbered: false,
        facts: [
          { name: 'Fix applied', value: fill('what fix') },
          { name: 'Testing completed', value: fill('what tests') },
          { name: 'Proposed date', value: [{ fill: 'when to try again' }] },
          { name: 'Rollback plan updated', value: fill('how it was improved') },
        ],
      },
      { kind: 'heading', text: 'Checklist before the next try' },
      {
        kind: 'tasks',
        tasks: [
          { done: false, text: ['Root cause identified and fixed'] },
          { done: false, text: ['Fix tested in staging environment'] },
          { done: false, text: ['Rollback procedure updated based on lessons learned'] },
          { done: false, text: ['Monitoring enhanced for the failure mode'] },
          backupTask(incident),
          { done: false, text: ['Team briefed on new plan'] },
          { done: false, text: ['Maintenance window scheduled (if needed)'] },
          { done: false, text: ['Rollback decision triggers reviewed and adjusted'] },
          { done: false, text: ['Communication plan prepared for users'] },
        ],
      },
    ],
  };
}

/** Ticked only where the journal tells that a step of a backup was done; the rest is for people to tick. */
function backupTask({ effects }: IncidentView): { readonly done: boolean; readonly text: Line } {
  const words = 'Additional pre-migration backups taken';
  const taken = effects.find(isBackup);
  if (taken === undefined) return { done: false, text: [words] };
  const when = taken.endedAt === null ? '' : ` at ${utc(taken.endedAt)}`;
  return {
    done: true,
    text: [`${words}: step ${taken.step + 1}, `, { code: taken.kind }, `, was done${when}`],
  };
}

function isBackup({ kind, purpose, state }: Effect): boolean {
  return purpose === 'apply' && state === 'done' && /(?:^|[._])(?:backup|dump|snapshot)(?:$|[._])/.test(kind);
}
