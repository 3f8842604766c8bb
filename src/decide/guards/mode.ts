import type { Objection } from '../../domain/incident.ts';
import { modes, type Mode } from '../../domain/rule.ts';
import type { Situation } from '../../domain/situation.ts';
import type { Guard } from './guard.ts';

const objections: Record<Exclude<Mode, 'auto'>, Pick<Objection, 'weakens' | 'approval'>> = {
  shadow: { weakens: 'record', approval: 'refused' },
  notify: { weakens: 'tell', approval: 'lifts' },
  approve: { weakens: 'ask', approval: 'lifts' },
};

/** The lowest mode of daemon, target and rule says how far the daemon may go by itself. */
export const guardMode: Guard = ({ modes: stated }) => {
  const mode = lowestMode(stated);
  if (mode === 'auto') return null;
  const owners = (['daemon', 'target', 'rule'] as const).filter((owner) => stated[owner] === mode);
  return { ...objections[mode], reason: `the mode of the ${owners.join(' and the ')} is ${mode}` };
};

/** The mode that counts. */
export function lowestMode({ daemon, target, rule }: Situation['modes']): Mode {
  return modes.find((mode) => [daemon, target, rule].includes(mode)) ?? 'shadow';
}
