import type { CrashPoint } from '../../src/domain/crash-point.ts';
import { courseOf, endOf, succeeds, type CrashPlan, type CrashStep } from './plan.ts';

/** Where a daemon is killed: at a named point by itself, or from outside while a target is at work. */
export type Place = CrashPoint | 'call.during';

/** The nth time that a run comes by a place. */
export interface Passage {
  readonly place: Place;
  readonly nth: number;
  /** From the commit that an effect is started to the commit that it ended, of a step that nobody can be asked about. */
  readonly blind: boolean;
  /** What a target is kept at; only for `call.during`. */
  readonly work: string | null;
}

type Bare = Omit<Passage, 'nth'>;

/**
 * Everything that an undisturbed run of a plan comes by, in order, as it follows from the plan's shape.
 *
 * Messages are sent beside all this: `message.sent` is not among it.
 */
export function passagesOf(plan: CrashPlan): readonly Passage[] {
  const asked = plan.begins === 'high' ? answered(plan) : [];
  const planned: readonly Place[] = ['decision.committed', 'plan.committed'];
  const verified: readonly Place[] = [
    'settle.committed',
    ...Array.from({ length: plan.phases }, () => 'phase.committed' as const),
    'confirmed.before',
  ];
  const taken = succeeds(plan.steps) ? [] : plan.fallback;
  return numbered([
    ...plain(['incident.opened', ...planned, ...asked]),
    ...carriedOut(plan.steps),
    ...(taken.length === 0 ? [] : [...plain(planned), ...carriedOut(taken)]),
    ...(endOf(plan) === 'rolled_back'
      ? [...plain(verified), ...letGo(plan), ...plain(['closed.committed'])]
      : letGo(plan)),
  ]);
}

function answered({ clicks }: CrashPlan): readonly Place[] {
  return clicks
    ? ['question.committed', 'click.received', 'answer.committed', 'click.taken']
    : ['question.committed', 'answer.committed'];
}

function carriedOut(steps: readonly CrashStep[]): Bare[] {
  const { applied, undone } = courseOf(steps);
  return [...applied.flatMap(passedByStep), ...undone.flatMap(passedByUndo)];
}

/** What is held is let go of once it is over, the last first. */
function letGo(plan: CrashPlan): Bare[] {
  return courseOf(plan.steps)
    .applied.toReversed()
    .flatMap(({ held }) =>
      held === null ? [] : effect({ gaps: held.gaps, blind: false, work: null }, ['release.before'], true),
    );
}

function passedByStep(step: CrashStep): Bare[] {
  if (step.ends === 'retried') return [...effect(step, [], false), ...effect(step, [], true)];
  return effect(step, [], step.ends === 'done');
}

function passedByUndo({ undo }: CrashStep): Bare[] {
  return undo === null ? [] : effect(undo, ['undo.before'], true);
}

function effect(
  { gaps, blind, work }: Pick<CrashStep, 'gaps' | 'blind' | 'work'>,
  inside: readonly Place[],
  done: boolean,
): Bare[] {
  const at = (place: Place, within: boolean): Bare => ({ place, blind: blind && within, work: null });
  const within = ['effect.started.committed', 'effect.call.before', ...inside, ...between(gaps)] as const;
  return [
    at('effect.intent.committed', false),
    ...within.map((place) => at(place, true)),
    ...(work === null ? [] : [{ ...at('call.during', true), work }]),
    at('effect.call.after', true),
    ...(done ? [at('effect.done.committed', false)] : []),
  ];
}

function between(gaps: number): readonly Place[] {
  return Array.from({ length: gaps }, () => 'effect.call.between' as const);
}

function plain(places: readonly Place[]): Bare[] {
  return places.map((place) => ({ place, blind: false, work: null }));
}

function numbered(bare: readonly Bare[]): Passage[] {
  const seen = new Map<Place, number>();
  return bare.map((passage) => {
    const nth = (seen.get(passage.place) ?? 0) + 1;
    seen.set(passage.place, nth);
    return { ...passage, nth };
  });
}
