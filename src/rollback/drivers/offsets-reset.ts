import type { EffectRecords } from '../../clients/files/records.ts';
import { RollbackError } from '../../domain/errors.ts';
import type { EffectOutcome } from '../../domain/effect.ts';
import type { Step } from '../../domain/plan.ts';
import type { Driver } from '../../domain/ports/driver.ts';
import { MINUTE } from '../../domain/time.ts';
import { changesFor, clusterOf, type OffsetMeans } from '../offsets/aims.ts';
import { offsetOptions, type OffsetOptions } from '../offsets/options.ts';
import { busyWith, noteOf, resetOffsets, shown, undoReset, type Resetting } from '../offsets/resetting.ts';
import { failed, settled } from '../settled.ts';
import { asShell } from './shell-text.ts';

export interface OffsetParts extends OffsetMeans {
  readonly records: EffectRecords;
}

/** So many partitions are named in a description. */
const mostNamed = 20;

/**
 * Sets the offsets of a consumer group of Kafka: to what a backup set recorded, to an end of the log, or to an instant.
 * No record is removed; what the group reads again or leaves out is what people decide about.
 */
export function offsetsResetDriver(parts: OffsetParts): Driver<OffsetOptions> {
  return {
    kind: 'offsets.reset',
    effect: 'probe',
    risk: 'disruptive',
    options: offsetOptions,
    deadlineMs: 2 * MINUTE,
    needsRelease: false,
    async read(step, signal) {
      const options = offsetOptions.parse(step.options);
      const { store, group, topics, to, set } = options;
      const identity = `${store} ${group} ${topics.join(',')} ${to}${to === 'recorded' ? ` ${set}` : ''}`;
      try {
        return { identity, detail: await lookAt(step, options, parts, signal) };
      } catch (error) {
        if (!(error instanceof RollbackError) || error.recourse !== 'give-up') throw error;
        return { identity, detail: { problem: error.message } };
      }
    },
    preflight: (_step, { detail: { problem } }) =>
      Promise.resolve(typeof problem === 'string' ? [{ level: 'refuse', message: problem }] : []),
    describe(step, { detail: { changes, more, problem } }) {
      const { group, store, to } = offsetOptions.parse(step.options);
      if (typeof problem === 'string') return `reset the offsets of ${group} in ${store}: ${problem}`;
      const named = Array.isArray(changes) ? changes.join(', ') : '';
      if (named === '') return `reset the offsets of ${group} in ${store} to ${to}: nothing to change`;
      const rest = typeof more === 'number' && more > 0 ? `, and ${more} more` : '';
      return `reset the offsets of ${group} in ${store} to ${to}: ${named}${rest}`;
    },
    apply: (step, opId, signal) =>
      withCluster(step, parts, signal, async (resetting) =>
        resetOffsets({
          ...resetting,
          opId,
          changes: () =>
            changesFor(resetting.kafka, resetting.options, {
              backups: parts.backups,
              incident: step.incident,
              signal,
            }),
        }),
      ),
    async probe(_step, opId) {
      const note = await noteOf(parts.records, opId);
      if (note === null) return 'not_done';
      return note.phase === 'done' ? 'done' : 'partial';
    },
    undo: (step, opId, signal) =>
      withCluster(step, parts, signal, (resetting) => undoReset({ ...resetting, opId })),
    byHand: (step) => byHand(step, parts),
  };
}

async function lookAt(
  step: Step,
  options: OffsetOptions,
  parts: OffsetParts,
  signal: AbortSignal,
): Promise<{ problem: string } | { changes: string[]; more: number }> {
  const store = clusterOf(options, parts);
  if (typeof store === 'string') return { problem: store };
  await using kafka = await parts.open(store, signal);
  const busy = busyWith(options.group, await kafka.members(options.group));
  if (busy !== null) return { problem: busy };
  const { backups } = parts;
  const changes = await changesFor(kafka, options, { backups, incident: step.incident, signal });
  return {
    changes: changes.slice(0, mostNamed).map(shown),
    more: Math.max(0, changes.length - mostNamed),
  };
}

function withCluster(
  step: Step,
  parts: OffsetParts,
  signal: AbortSignal,
  work: (resetting: Pick<Resetting, 'kafka' | 'records' | 'options'>) => Promise<EffectOutcome>,
): Promise<EffectOutcome> {
  return settled(async () => {
    const options = offsetOptions.parse(step.options);
    const store = clusterOf(options, parts);
    if (typeof store === 'string') return failed(store);
    await using kafka = await parts.open(store, signal);
    return await work({ kafka, records: parts.records, options });
  });
}

function byHand(step: Step, parts: OffsetParts): string[] {
  const options = offsetOptions.parse(step.options);
  const store = clusterOf(options, parts);
  if (typeof store === 'string') return [`# ${store}`];
  const aims: Readonly<Record<string, readonly string[]>> = {
    recorded: ['--from-file', 'OFFSETS.csv'],
    earliest: ['--to-earliest'],
    latest: ['--to-latest'],
  };
  const to = aims[options.to] ?? ['--to-datetime', options.to];
  const start = [
    'kafka-consumer-groups.sh',
    '--bootstrap-server',
    store.brokers.join(','),
    '--group',
    options.group,
  ];
  const topics = options.topics.flatMap((topic) => ['--topic', topic]);
  return [
    asShell([...start, '--describe']),
    asShell([...start, '--reset-offsets', ...topics, ...to, '--dry-run']),
    asShell([...start, '--reset-offsets', ...topics, ...to, '--execute']),
  ];
}
