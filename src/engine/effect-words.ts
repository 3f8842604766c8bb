import type { Effect } from '../domain/effect.ts';
import type { Json } from '../domain/json.ts';
import type { Step } from '../domain/plan.ts';
import type { Case } from './case.ts';
import type { Note } from './turn.ts';

interface Told {
  readonly open: Case;
  readonly effect: Effect;
  readonly step: Step;
}

/** What one effect came to: `step 2 of 3, link.rollback: …`. */
export function effectNote(
  type: string,
  { open, effect, step }: Told,
  said: string,
  facts: Readonly<Record<string, Json>> = {},
): Note {
  const { opId, purpose } = effect;
  const steps = open.incident.context.plan?.steps.length ?? 1;
  const which = `step ${effect.step + 1} of ${steps}, ${step.kind}`;
  return { type, message: `${before[purpose]}${which}: ${said}`, facts: { opId, ...facts } };
}

const before = { apply: '', undo: 'undo of ', release: 'release of ' } as const satisfies Record<
  Effect['purpose'],
  string
>;
