import type { Finding, Step } from '../../domain/plan.ts';
import { snapshotOptions } from './options.ts';

/** A copy that rests on writes being held off needs a step before it, in the same plan, that holds them off. */
export function unquiesced(steps: readonly Pick<Step, 'index' | 'kind' | 'options'>[]): readonly Finding[] {
  return steps.flatMap(({ index, kind, options }, place): readonly Finding[] => {
    if (kind !== 'volume.snapshot' || snapshotOptions.parse(options).writers !== 'quiesced') return [];
    if (steps.slice(0, place).some((earlier) => earlier.kind === 'write.quiesce')) return [];
    const message = `${kind} has writers: quiesced, and no write.quiesce step before it holds writes off; put one before it, or let writers be stopped`;
    return [{ level: 'refuse', step: index, message }];
  });
}
