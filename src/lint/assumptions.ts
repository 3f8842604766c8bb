import type { Target } from '../domain/target.ts';
import type { Lint } from './check.ts';

/** The targets that a pack's rules apply to. */
export function targetsOf({ configuration }: Pick<Lint, 'configuration'>, pack: string): readonly Target[] {
  return Object.values(configuration.targets).filter(({ packs }) => packs.includes(pack));
}

/** By which labels series are mapped to the targets of a pack; `service` where nothing is known of targets. */
export function labelNamesFor(
  lint: Pick<Lint, 'configuration'>,
  pack: string,
): readonly (readonly string[])[] {
  const sets = targetsOf(lint, pack).map(({ labels }) => Object.keys(labels).sort());
  if (sets.length === 0) return [['service']];
  return [...new Map(sets.map((set) => [set.join('\0'), set])).values()];
}
