import { readMarker } from '../../clients/link/marker.ts';
import type { Driver } from '../../domain/ports/driver.ts';
import type { Step } from '../../domain/plan.ts';
import { MINUTE } from '../../domain/time.ts';
import { carryOut, whereabouts } from '../link/carry-out.ts';
import { moveOf, reverse } from '../link/move.ts';
import { linkOptions, type LinkOptions } from '../link/options.ts';
import { linkFacts, linkProblems } from '../link/preflight.ts';
import { restartByHand, type LinkParts } from '../link/restart.ts';
import { asShell } from './shell-text.ts';

/** Switches a `current` link to the directory of an older release, in one step, and restarts the service. */
export function linkRollbackDriver(parts: LinkParts): Driver<LinkOptions> {
  return {
    kind: 'link.rollback',
    effect: 'probe',
    risk: 'disruptive',
    options: linkOptions,
    deadlineMs: 5 * MINUTE,
    needsRelease: true,
    read: async (step) => linkFacts(moveOf(step, 'plan')),
    async preflight(step, facts) {
      const problems = await linkProblems(moveOf(step, 'plan'), facts, parts);
      return problems.map((message) => ({ level: 'refuse', message }));
    },
    describe(step, facts) {
      const { from } = facts.detail;
      const { link, to, options } = moveOf(step, 'plan');
      const restart = restartByHand(options.restart);
      return `switch ${link} from ${typeof from === 'string' ? from : 'nowhere'} to ${to}${restart.length === 0 ? '' : `, then ${restart.join(', ')}`}`;
    },
    apply: async (step, opId, signal) => carryOut(moveOf(step, opId), parts, signal),
    probe: async (step, opId) => whereabouts(moveOf(step, opId)),
    async undo(step, opId, signal) {
      const move = moveOf(step, opId);
      const marker = await readMarker(move.link, opId);
      if (marker?.phase === 'put_back')
        return { ended: 'done', detail: `${move.link} had already been put back` };
      if (move.from === null)
        return {
          ended: 'failed',
          detail: `${move.link} led nowhere before; there is nothing to go back to`,
          retryable: false,
        };
      return carryOut(reverse(move, move.from), parts, signal);
    },
    byHand,
  };
}

function byHand(step: Step): string[] {
  const { link, to, options } = moveOf(step, 'plan');
  return [
    asShell(['ln', '-sfn', to, `${link}.new`]),
    asShell(['mv', '-T', `${link}.new`, link]),
    ...restartByHand(options.restart),
  ];
}
