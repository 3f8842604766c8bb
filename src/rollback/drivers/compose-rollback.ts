import type { Step } from '../../domain/plan.ts';
import type { Driver } from '../../domain/ports/driver.ts';
import { nameRelease } from '../../domain/release.ts';
import { MINUTE } from '../../domain/time.ts';
import { stackRollbackOptions, type StackRollbackOptions } from '../stack/options.ts';
import { stackFindings } from '../stack/preflight.ts';
import { stackDescription, surveyStack } from '../stack/survey.ts';
import { recordedStack, rolloutTo, stackOf, type Pace, type StackParts } from '../stack/task.ts';
import { takeBack, undertake, whereabouts, type Undertaking } from '../stack/undertake.ts';
import { msOf } from './duration-option.ts';
import { asShell } from './shell-text.ts';

/**
 * Brings a Compose project to a recorded release: its services each after those that it depends on, from the
 * recorded project with every image by its id. Services that are as recorded are left alone. If one does not come up,
 * all are put back on what ran.
 */
export function composeRollbackDriver(parts: StackParts): Driver<StackRollbackOptions> {
  return {
    kind: 'compose.rollback',
    effect: 'probe',
    risk: 'disruptive',
    options: stackRollbackOptions,
    deadlineMs: 10 * MINUTE,
    needsRelease: true,
    async read(step, signal) {
      const record = recordedStack(step.to, parts.vault);
      const known = 'problem' in record ? null : record;
      return surveyStack(parts, stackOf(step), { record: known, pace: paceOf(step) }, signal);
    },
    preflight: async (step, _facts, signal) => stackFindings(parts, step, signal),
    describe: (step, facts) =>
      stackDescription(stackOf(step).project, step.to === null ? 'nothing' : nameRelease(step.to), facts),
    async apply(step, opId, signal) {
      const undertaking = undertakingOf(parts, step, opId);
      if ('problem' in undertaking) return { ended: 'failed', detail: undertaking.problem, retryable: false };
      return undertake(parts, undertaking, signal);
    },
    async probe(step, opId, signal) {
      const undertaking = undertakingOf(parts, step, opId);
      return 'problem' in undertaking ? 'unknown' : whereabouts(parts, undertaking.forward, signal);
    },
    async undo(step, opId, signal) {
      const undertaking = undertakingOf(parts, step, opId);
      if ('problem' in undertaking) return { ended: 'failed', detail: undertaking.problem, retryable: false };
      return takeBack(parts, undertaking, signal);
    },
    byHand,
  };
}

function undertakingOf(
  parts: StackParts,
  step: Step,
  opId: string,
): Undertaking | { readonly problem: string } {
  const given = { step, opId, pace: paceOf(step) };
  const forward = rolloutTo(step.to, parts, { ...given, undo: false });
  if ('problem' in forward) return forward;
  return { forward, back: rolloutTo(step.from, parts, { ...given, undo: true }) };
}

function paceOf({ options }: Step): Pace {
  const { stop_grace, healthy_within, steady_for, start_first, at_once } =
    stackRollbackOptions.parse(options);
  return {
    stopGraceMs: msOf(stop_grace),
    healthyWithinMs: msOf(healthy_within),
    steadyMs: msOf(steady_for),
    startFirst: start_first,
    atOnce: at_once ?? null,
  };
}

function byHand(step: Step): readonly string[] {
  const { project, directory } = stackOf(step);
  return [
    asShell(['cd', directory]),
    asShell(['docker', 'compose', '--project-name', project, 'ps', '--all']),
    `# let the files say what release ${step.to?.id ?? ''} ran (${step.to?.components.map(({ label }) => label).join(' + ') ?? ''}), then, service by service:`,
    asShell([
      'docker',
      'compose',
      '--project-name',
      project,
      'up',
      '--detach',
      '--no-deps',
      '--wait',
      'SERVICE',
    ]),
  ];
}
