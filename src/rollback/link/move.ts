import type { Step } from '../../domain/plan.ts';
import type { Release } from '../../domain/release.ts';
import { RollbackError } from '../../domain/errors.ts';
import { linkOptions, type LinkOptions } from './options.ts';

/** One switch of a link: from where, to where, and on whose behalf. */
export interface Move {
  readonly link: string;
  /** Directory it must lead to now; null when it leads nowhere. */
  readonly from: string | null;
  readonly to: string;
  /** Key of the marker beside the link. */
  readonly key: string;
  /** The effect, as children and people know it. */
  readonly opId: string;
  readonly options: LinkOptions;
  readonly step: Step;
}

/** The step's own move. Rejects with `PLAN_REFUSED` when the step cannot be one. */
export function moveOf(step: Step, opId: string): Move {
  const options = linkOptions.parse(step.options);
  const to = options.to === 'last_good' ? linkOf(step.to) : options.to;
  if (step.target.link === null) throw refused(`the target ${step.target.name} has no link`);
  if (to === null) throw refused(`the release to go to has no link component`);
  return { link: step.target.link.path, from: linkOf(step.from), to, key: opId, opId, options, step };
}

/** The same way back, with a marker of its own. */
export function reverse(move: Move, to: string): Move {
  return { ...move, from: move.to, to, key: undoKey(move.opId) };
}

/** Key of the marker of an effect's undo. */
export function undoKey(opId: string): string {
  return `${opId}/undo`;
}

/** Directory of a release, or null. */
export function linkOf(release: Release | null): string | null {
  return release?.components.find(({ kind }) => kind === 'link')?.value ?? null;
}

function refused(why: string): RollbackError {
  return new RollbackError('PLAN_REFUSED', `link.rollback cannot be planned: ${why}`);
}
