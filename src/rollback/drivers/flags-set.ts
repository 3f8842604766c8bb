import { outsideProblem, type FileRoots } from '../../clients/files/held-folder.ts';
import { readHeldFile, replaceHeldFile, type ReadFileState } from '../../clients/files/held-file.ts';
import type { EffectRecords } from '../../clients/files/records.ts';
import { crashPoint } from '../../domain/crash-point.ts';
import type { EffectOutcome } from '../../domain/effect.ts';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import { digest, type Json } from '../../domain/json.ts';
import type { Step, StepFacts } from '../../domain/plan.ts';
import type { Driver } from '../../domain/ports/driver.ts';
import { MINUTE } from '../../domain/time.ts';
import { flagText } from '../flags/flag-text.ts';
import { httpRemote } from '../flags/http-flag.ts';
import { redisRemote } from '../flags/redis-flag.ts';
import { probeRemote, setRemote, shown, undoRemote, type RemoteFlag } from '../flags/remote-flag.ts';
import type { RedisParts } from '../quiesce/redis.ts';
import type { RequestParts } from '../quiesce/request.ts';
import { settled } from '../settled.ts';
import {
  assignmentText,
  flagOptions,
  flagsOf,
  holdsAll,
  wording,
  type FlagOptions,
  type Flags,
} from '../flags/flags.ts';

export interface FlagParts extends RedisParts, RequestParts {
  readonly files: FileRoots;
  readonly records: EffectRecords;
}

/**
 * Sets keys in a configuration file, or a flag behind an address or in a Redis. What was there before is kept, so that a
 * later failure puts it back, unless somebody changed it meanwhile.
 */
export function flagsSetDriver(parts: FlagParts): Driver<FlagOptions> {
  const { records } = parts;
  const inFile = fileFlags(parts);
  const remote = (step: Step): RemoteFlag | null => remoteOf(step, parts);
  return {
    kind: 'flags.set',
    effect: 'probe',
    risk: 'disruptive',
    options: flagOptions,
    deadlineMs: MINUTE,
    needsRelease: false,
    read: async (step, signal) => {
      const flag = remote(step);
      return flag === null ? inFile.read(step, signal) : remoteFacts(flag, signal);
    },
    preflight: async (step, facts, signal) => {
      const { problem, absent } = facts.detail;
      if (remote(step) === null) return inFile.preflight(step, facts, signal);
      if (typeof problem === 'string') return [{ level: 'refuse', message: problem }];
      return typeof absent === 'string' ? [{ level: 'warn', message: absent }] : [];
    },
    describe(step, facts) {
      const flag = remote(step);
      if (flag === null) return inFile.describe(step, facts);
      const was = typeof facts.detail['was'] === 'string' ? facts.detail['was'] : 'unknown';
      return `set ${flag.where} to ${shown(flag, flag.wanted)} (was ${was})`;
    },
    apply: async (step, opId, signal) => {
      const flag = remote(step);
      return flag === null ? inFile.apply(step, opId, signal) : setRemote(flag, opId, records, signal);
    },
    probe: async (step, opId, signal) => {
      const flag = remote(step);
      return flag === null ? inFile.probe(step, opId, signal) : probeRemote(flag, opId, records, signal);
    },
    undo: async (step, opId, signal) => {
      const flag = remote(step);
      return flag === null ? inFile.undo(step, opId, signal) : undoRemote(flag, opId, records, signal);
    },
    byHand: (step) => {
      const flag = remote(step);
      return flag === null ? inFile.byHand(step) : [flag.byHand];
    },
  };
}

function remoteOf(step: Step, parts: FlagParts): RemoteFlag | null {
  const { http, redis } = flagOptions.parse(step.options);
  if (http !== undefined) return httpRemote(http, parts);
  return redis === undefined ? null : redisRemote(redis, parts);
}

async function remoteFacts(flag: RemoteFlag, signal: AbortSignal): Promise<StepFacts> {
  const [problem] = flag.problems();
  if (problem !== undefined) return { identity: flag.where, detail: { problem } };
  try {
    const held = await flag.look(signal);
    const absent =
      held === null && flag.wanted !== null
        ? `${flag.where} is not there yet, so a later failure may not put it back`
        : null;
    return {
      identity: `${flag.where} ${digest(held)}`,
      detail: { was: shown(flag, held), ...(absent === null ? {} : { absent }) },
    };
  } catch (error) {
    if (!(error instanceof RollbackError) || error.recourse !== 'give-up') throw error;
    return { identity: flag.where, detail: { problem: error.message } };
  }
}

type InFile = Required<
  Pick<Driver<FlagOptions>, 'read' | 'preflight' | 'describe' | 'apply' | 'probe' | 'undo' | 'byHand'>
>;

/** In one step, with comments, order, owner and mode kept. */
function fileFlags(parts: FlagParts): InFile {
  const { files, records } = parts;
  return {
    async read(step) {
      const flags = flagsOf(step);
      if (outsideProblem(flags.file, files) !== null)
        return { identity: `file ${flags.file}`, detail: { problem: outsideProblem(flags.file, files) } };
      try {
        const { content } = await readHeldFile(flags.file, files);
        const text = content.toString('utf8');
        return { identity: `${flags.file} ${digest(text)}`, detail: { changes: wording(flags, text) } };
      } catch (error) {
        if (!(error instanceof RollbackError) || error.recourse !== 'give-up') throw error;
        return { identity: `file ${flags.file}`, detail: { problem: naming(flags, error.message) } };
      }
    },
    async preflight(step, { detail: { problem } }) {
      if (typeof problem === 'string') return [{ level: 'refuse', message: problem }];
      try {
        const { file, format, changes } = flagsOf(step);
        flagText(format).apply((await readHeldFile(file, files)).content.toString('utf8'), changes);
        return [];
      } catch (error) {
        return [{ level: 'refuse', message: naming(flagsOf(step), messageOf(error)) }];
      }
    },
    describe(step, { detail: { changes } }) {
      const said = Array.isArray(changes) ? changes.join(', ') : 'unknown';
      return `in ${flagsOf(step).file}: ${said === '' ? 'nothing to change' : said}`;
    },
    apply: (step, opId) => settled(() => set(parts, flagsOf(step), opId)),
    async probe(step, opId) {
      const flags = flagsOf(step);
      const { content } = await readHeldFile(flags.file, files);
      if (holdsAll(flags, content.toString('utf8'))) return 'done';
      const record = await records.read(opId);
      const before = member(record, 'before');
      // Put back: nothing of it is there any more.
      if (typeof before === 'string' && content.equals(Buffer.from(before, 'base64'))) return 'not_done';
      // It was written, and somebody has changed it since.
      return member(record, 'phase') === 'done' ? 'unknown' : 'not_done';
    },
    undo: (step, opId) => settled(() => putBack(parts, flagsOf(step), opId)),
    byHand: (step) => [
      `# edit ${flagsOf(step).file}: ${flagsOf(step).changes.map(assignmentText).join(', ')}`,
    ],
  };
}

/** Says which file, where the message does not. */
function naming({ file }: Flags, message: string): string {
  return message.includes(file) ? message : `${file}: ${message}`;
}

async function set({ files, records }: FlagParts, flags: Flags, opId: string): Promise<EffectOutcome> {
  const { file, format, changes } = flags;
  const before = await readHeldFile(file, files);
  const text = before.content.toString('utf8');
  if (holdsAll(flags, text)) {
    // A repeat finds its own work done; what it replaced is in the record already.
    if ((await records.read(opId)) === null) await records.write(opId, { phase: 'done', before: null });
    return { ended: 'done', detail: `${file} already holds ${changes.map(assignmentText).join(', ')}` };
  }
  const after = flagText(format).apply(text, changes);
  const content = Buffer.from(after, 'utf8');
  await records.write(opId, {
    phase: 'writing',
    before: before.content.toString('base64'),
    wrote: digest(after),
  });
  crashPoint('effect.call.between');
  await replaceHeldFile(file, { ...before, content }, digest(opId).slice(0, 12), files);
  crashPoint('effect.call.between');
  await records.write(opId, {
    phase: 'done',
    before: before.content.toString('base64'),
    wrote: digest(after),
  });
  return { ended: 'done', detail: `${file}: ${wording(flags, text).join(', ')}` };
}

async function putBack({ files, records }: FlagParts, { file }: Flags, opId: string): Promise<EffectOutcome> {
  const record = await records.read(opId);
  const [old, wrote] = [member(record, 'before'), member(record, 'wrote')];
  if (typeof old !== 'string') return { ended: 'done', detail: `${file} had not been changed` };
  const content = Buffer.from(old, 'base64');
  const now: ReadFileState = await readHeldFile(file, files);
  if (now.content.equals(content)) return { ended: 'done', detail: `${file} is as it was before` };
  if (digest(now.content.toString('utf8')) !== wrote)
    return {
      ended: 'failed',
      detail: `${file} was changed by somebody else since; it is left as it is`,
      retryable: false,
    };
  await replaceHeldFile(file, { ...now, content }, digest(`${opId}/undo`).slice(0, 12), files);
  return { ended: 'done', detail: `${file} was put back` };
}

function member(record: Json, name: string): Json {
  return record !== null && typeof record === 'object' && !Array.isArray(record)
    ? ((record as Readonly<Record<string, Json>>)[name] ?? null)
    : null;
}
