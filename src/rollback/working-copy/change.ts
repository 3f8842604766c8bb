import type { EffectRecords } from '../../clients/files/records.ts';
import type { Selection } from '../../clients/git/copy-capture.ts';
import type { LocalCopies, LocalCopy } from '../../clients/git/local-copy.ts';
import { crashPoint } from '../../domain/crash-point.ts';
import type { EffectOutcome, ProbeAnswer } from '../../domain/effect.ts';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { failed, settled } from '../settled.ts';
import { captureName, keptText, readNote, someOf, writeNote, type CopyNote } from './note.ts';

export interface CopyParts {
  readonly copies: LocalCopies;
  readonly records: EffectRecords;
  readonly clock: Clock;
}

/** How things stand before a change. */
export interface CopySurvey {
  /** Why it must not be done. */
  readonly problems: readonly string[];
  readonly head: string;
  readonly branch: string | null;
  /** null: it is not known what to go to. */
  readonly selection: Selection | null;
  /** Files that it changes. */
  readonly differing: readonly string[];
  /** Work that is not committed and would be lost. */
  readonly uncommitted: readonly string[];
}

/** One way to change a working copy. */
export interface CopyChange {
  readonly path: string;
  survey(copy: LocalCopy, signal: AbortSignal): Promise<CopySurvey>;
  make(copy: LocalCopy, to: MadeFrom, signal: AbortSignal): Promise<void>;
  /** What is not as it was to become. */
  missing(copy: LocalCopy, to: MadeFrom, signal: AbortSignal): Promise<readonly string[]>;
  /** Puts everything back as it was captured under the name. Rejects where somebody else changed it since. */
  unmake(copy: LocalCopy, note: CopyNote, name: string, signal: AbortSignal): Promise<void>;
  /** Of one that was made, for people. */
  readonly done: (selection: Selection) => string;
}

/** Where a change starts from, and where it goes. */
export interface MadeFrom {
  readonly head: string;
  readonly selection: Selection;
}

/** What is wrong, or how things stand. Nothing else is asked of a working copy in which git must not be run. */
export async function surveyed(
  change: CopyChange,
  { copies }: CopyParts,
  signal: AbortSignal,
): Promise<CopySurvey> {
  return copies.open(change.path, signal, async (copy) => {
    const problems = await copy.problems();
    if (problems.length === 0) return change.survey(copy, signal);
    return { problems, head: '', branch: null, selection: null, differing: [], uncommitted: [] };
  });
}

/** Keeps what is not committed, then changes the working copy, and reads back. May be repeated. */
export function makeChange(
  change: CopyChange,
  opId: string,
  parts: CopyParts,
  signal: AbortSignal,
): Promise<EffectOutcome> {
  return settled(() =>
    parts.copies.open(change.path, signal, async (copy) => {
      const problems = await copy.problems();
      if (problems.length > 0) return failed(problems.join('; '));
      const known = await readNote(parts.records, opId);
      const held = await copy.free(known?.at ?? null);
      if (held !== null && known === null) return failed(held, true);
      if (held !== null) throw new RollbackError('EFFECT_UNKNOWN', held);
      const note = known ?? (await begun(change, copy, opId, parts, signal));
      return 'problem' in note ? failed(note.problem) : carriedOut(change, copy, note, opId, parts, signal);
    }),
  );
}

/** Until the note is written nothing has been changed. */
async function begun(
  change: CopyChange,
  copy: LocalCopy,
  opId: string,
  { records, clock }: CopyParts,
  signal: AbortSignal,
): Promise<CopyNote | { readonly problem: string }> {
  const { problems, head, selection } = await change.survey(copy, signal);
  if (problems.length > 0 || selection === null) return { problem: problems.join('; ') };
  const at = clock.wall();
  const kept = await copy.capture(captureName(opId), selection);
  if (kept.commit !== head) return { problem: `${copy.shown} moved while its work was captured` };
  crashPoint('effect.call.between');
  const note: CopyNote = { phase: 'changing', at, head, sha: selection.sha, kept };
  await writeNote(records, opId, note);
  crashPoint('effect.call.between');
  return note;
}

async function carriedOut(
  change: CopyChange,
  copy: LocalCopy,
  note: CopyNote,
  opId: string,
  { records }: CopyParts,
  signal: AbortSignal,
): Promise<EffectOutcome> {
  const { selection } = await change.survey(copy, signal);
  if (selection === null) throw new RollbackError('EFFECT_UNKNOWN', `${copy.shown} lost the commit to go to`);
  const to: MadeFrom = { head: note.head, selection: { ...selection, sha: note.sha } };
  try {
    await change.make(copy, to, signal);
  } catch (error) {
    return putBackAfter(error, change, copy, note, opId, signal);
  }
  crashPoint('effect.call.between');
  const missing = await change.missing(copy, to, signal);
  if (missing.length > 0)
    throw new RollbackError(
      'EFFECT_UNKNOWN',
      `${copy.shown} was changed, but reading it back finds other content in ${someOf(missing)}`,
    );
  await writeNote(records, opId, { ...note, phase: 'done' });
  const evidence = {
    commit: note.head,
    ...(note.kept.patch === null ? {} : { patch: note.kept.patch }),
  };
  return { ended: 'done', detail: `${change.done(to.selection)}${keptText(note.kept)}`, evidence };
}

/** A change that could not be made leaves nothing half done, or nobody can tell. */
async function putBackAfter(
  error: unknown,
  change: CopyChange,
  copy: LocalCopy,
  note: CopyNote,
  opId: string,
  signal: AbortSignal,
): Promise<EffectOutcome> {
  if (!(error instanceof RollbackError) || error.recourse === 'reconcile') throw error;
  try {
    await change.unmake(copy, { ...note, phase: 'undoing' }, captureName(opId), signal);
  } catch (again) {
    const message = `${error.message}; and putting it back did not work: ${messageOf(again)}`;
    throw new RollbackError('EFFECT_UNKNOWN', `${message}${keptText(note.kept)}`, {}, { cause: error });
  }
  return failed(`${error.message}; everything is as it was`);
}

/** Asks the working copy itself; the note only says whether somebody changed it afterwards. */
export async function probeChange(
  change: CopyChange,
  opId: string,
  { copies, records }: CopyParts,
  signal: AbortSignal,
): Promise<ProbeAnswer> {
  const note = await readNote(records, opId);
  if (note === null || note.phase === 'undone') return 'not_done';
  return copies.open(change.path, signal, async (copy) => {
    if ((await copy.problems()).length > 0) return 'unknown';
    const { selection } = await change.survey(copy, signal);
    if (selection === null) return 'unknown';
    const to: MadeFrom = { head: note.head, selection: { ...selection, sha: note.sha } };
    if ((await change.missing(copy, to, signal)).length === 0) return 'done';
    // Whatever was under way is finished by doing it again.
    return note.phase === 'done' ? 'unknown' : 'partial';
  });
}

/** Puts back what one effect changed. May be repeated. */
export function undoChange(
  change: CopyChange,
  opId: string,
  { copies, records }: CopyParts,
  signal: AbortSignal,
): Promise<EffectOutcome> {
  return settled(async () => {
    const note = await readNote(records, opId);
    if (note === null) return { ended: 'done', detail: `${change.path} had not been changed` };
    if (note.phase === 'undone') return { ended: 'done', detail: `${change.path} is as it was before` };
    return copies
      .open(change.path, signal, async (copy) => {
        const problems = await copy.problems();
        const held = problems.length > 0 ? problems.join('; ') : await copy.free(note.at);
        if (held !== null) return failed(`${held}${keptText(note.kept)}`);
        await change.unmake(copy, note, captureName(opId), signal);
        return { ended: 'done', detail: `${change.path} is as it was before` } as const;
      })
      .then(async (outcome) => {
        if (outcome.ended === 'done') await writeNote(records, opId, { ...note, phase: 'undone' });
        return outcome;
      });
  });
}
