import { z } from 'zod';
import type { EffectRecords } from '../../clients/files/records.ts';
import { crashPoint } from '../../domain/crash-point.ts';
import type { EffectOutcome, ProbeAnswer } from '../../domain/effect.ts';
import { RollbackError } from '../../domain/errors.ts';
import { sleep, type Clock } from '../../domain/ports/clock.ts';
import { formatDuration } from '../../domain/time.ts';
import { failed, settled } from '../settled.ts';
import type { Service, ServiceStand } from './service.ts';

const schema = z.object({
  phase: z.enum(['begun', 'starting', 'done', 'undoing']),
  /** What ran before; null: nothing did, or nothing tells it from what runs now. */
  before: z.string().nullable(),
  ran: z.boolean().nullable(),
});
type Note = z.output<typeof schema>;

export interface StoppingParts {
  readonly records: EffectRecords;
  readonly clock: Clock;
}

/** What is to be done to which service. */
export interface Stopping {
  readonly service: Service;
  readonly opId: string;
  readonly withinMs: number;
  readonly signal: AbortSignal;
}

const lookEveryMs = 200;

/** Stops what runs, and reads back that nothing does. */
export function stop(stopping: Stopping, { records, clock }: StoppingParts): Promise<EffectOutcome> {
  const { service, opId, signal } = stopping;
  return settled(async () => {
    const note = await noted(stopping, records);
    if (note.ran !== false && note.phase !== 'done') {
      const trouble = await service.stop(note.before, opId, signal);
      if (trouble !== null) return leftOr(trouble, note, stopping);
      crashPoint('effect.call.between');
    }
    const last = await waitFor(({ runs }) => runs === false || !service.tells, stopping, clock);
    if (last.runs === null && service.tells) throw new RollbackError('EFFECT_UNKNOWN', last.why);
    if (last.runs === true) return failed(`${service.where} runs again: something else starts it`);
    await records.write(opId, { ...note, phase: 'done' });
    const detail = note.ran === false ? 'did not run' : 'is stopped';
    return { ended: 'done', detail: `${service.where} ${detail}` };
  });
}

/** Stops what runs, starts it, and reads back that another one runs. */
export function restart(stopping: Stopping, { records, clock }: StoppingParts): Promise<EffectOutcome> {
  const { service, opId } = stopping;
  return settled(async () => {
    const note = await noted(stopping, records);
    if (!(await isAnother(note, stopping, clock))) {
      const trouble = await stopAndStart(note, stopping, records);
      if (trouble !== null) return leftOr(trouble, note, stopping);
      crashPoint('effect.call.between');
    }
    const last = await waitFor((stand) => isNew(stand, note) || !service.tells, stopping, clock);
    if (service.tells && !isNew(last, note))
      throw new RollbackError(
        'EFFECT_UNKNOWN',
        `${service.where} does not run ${formatDuration(stopping.withinMs)} after it was started`,
      );
    await records.write(opId, { ...note, phase: 'done' });
    return { ended: 'done', detail: `${service.where} is restarted` };
  });
}

/** Whether the service is as the step wanted it, as far as anybody can tell. */
export async function probeStopping(
  wanted: 'stopped' | 'restarted',
  { service, opId, signal }: Stopping,
  { records }: StoppingParts,
): Promise<ProbeAnswer> {
  const note = await readNote(opId, records);
  if (note === null) return 'not_done';
  const stand = await service.look(signal);
  if (stand.runs === null) return note.phase === 'done' ? 'done' : 'unknown';
  if (wanted === 'stopped') {
    if (note.phase === 'undoing') return stand.runs ? 'not_done' : 'partial';
    if (!stand.runs) return 'done';
    return stand.identity === note.before && note.phase !== 'done' ? 'not_done' : 'unknown';
  }
  if (!stand.runs) return note.phase === 'done' ? 'unknown' : 'partial';
  // Without an identity what runs may be the old one as well as the new one.
  if (stand.identity === null) return note.phase === 'done' ? 'done' : 'unknown';
  return stand.identity === note.before ? 'not_done' : 'done';
}

/** Starts again what the effect had stopped. */
export function startAgain(stopping: Stopping, { records, clock }: StoppingParts): Promise<EffectOutcome> {
  const { service, opId, signal } = stopping;
  return settled(async () => {
    const note = await readNote(opId, records);
    if (note === null || note.ran === false) return { ended: 'done', detail: `${service.where} had not run` };
    if ((await service.look(signal)).runs === true) return { ended: 'done', detail: `${service.where} runs` };
    if (service.start === null) return failed(`nobody said how ${service.where} is started`);
    await records.write(opId, { ...note, phase: 'undoing' });
    crashPoint('effect.call.between');
    const trouble = await service.start(`${opId}-undo`, signal);
    if (trouble !== null) return failed(trouble);
    crashPoint('effect.call.between');
    const { runs } = await waitFor((stand) => stand.runs !== false, stopping, clock);
    return runs === false
      ? failed(`${service.where} does not run although it was started`)
      : { ended: 'done', detail: `${service.where} runs again` };
  });
}

/** What ran is written down before anything is touched. */
async function noted({ service, opId, signal }: Stopping, records: EffectRecords): Promise<Note> {
  const known = await readNote(opId, records);
  if (known !== null) return known;
  const stand = await service.look(signal);
  const before = stand.runs === true ? stand.identity : null;
  const note: Note = { phase: 'begun', before, ran: stand.runs };
  await records.write(opId, note);
  crashPoint('effect.call.between');
  return note;
}

async function readNote(opId: string, records: EffectRecords): Promise<Note | null> {
  const read = schema.safeParse(await records.read(opId));
  return read.success ? read.data : null;
}

async function stopAndStart(
  note: Note,
  { service, opId, signal }: Stopping,
  records: EffectRecords,
): Promise<string | null> {
  if (service.restart === null && note.ran !== false) {
    const trouble = await service.stop(note.before, opId, signal);
    if (trouble !== null) return trouble;
    crashPoint('effect.call.between');
  }
  await records.write(opId, { ...note, phase: 'starting' });
  crashPoint('effect.call.between');
  const start = service.restart ?? service.start;
  if (start === null) return `nobody said how ${service.where} is started`;
  return sure(() => start(opId, signal));
}

/** An earlier attempt may have started it just now, and its pid file is still to come. */
async function isAnother({ phase, before }: Note, stopping: Stopping, clock: Clock): Promise<boolean> {
  if (phase === 'begun') return false;
  const isOther = (stand: ServiceStand): boolean =>
    stand.runs === true && stand.identity !== null && stand.identity !== before;
  const { service, signal } = stopping;
  if (service.restart !== null) return isOther(await service.look(signal));
  return isOther(await waitFor(isOther, stopping, clock));
}

/** Runs, and is not known to be the one of before. */
function isNew(stand: ServiceStand, { before }: Note): boolean {
  return stand.runs === true && (stand.identity === null || stand.identity !== before);
}

/** A call that failed while everything is as before is only a failure. */
async function leftOr(trouble: string, note: Note, { service, signal }: Stopping): Promise<EffectOutcome> {
  const stand = await sure(() => service.look(signal));
  const same = stand.runs === note.ran && (stand.runs !== true || stand.identity === note.before);
  if (same && stand.runs !== null) return failed(trouble);
  throw new RollbackError('EFFECT_UNKNOWN', `${trouble}; and ${service.where} is not as it was before`);
}

/** Once something was touched, what cannot be asked is not known. */
async function sure<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RollbackError) || error.recourse !== 'give-up') throw error;
    throw new RollbackError('EFFECT_UNKNOWN', error.message, {}, { cause: error });
  }
}

async function waitFor(
  isSo: (stand: ServiceStand) => boolean,
  { service, withinMs, signal }: Stopping,
  clock: Clock,
): Promise<ServiceStand> {
  const until = clock.now() + withinMs;
  for (;;) {
    const stand = await sure(() => service.look(signal));
    if (isSo(stand) || clock.now() >= until) return stand;
    if (signal.aborted) throw new RollbackError('ABORTED', `interrupted while waiting for ${service.where}`);
    await sleep(clock, lookEveryMs, signal);
  }
}
