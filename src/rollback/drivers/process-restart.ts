import type { Driver } from '../../domain/ports/driver.ts';
import type { Step } from '../../domain/plan.ts';
import { MINUTE } from '../../domain/time.ts';
import { restartOptions, type RestartOptions } from '../process/options.ts';
import { probeStopping, restart, type Stopping } from '../process/stopping.ts';
import { serviceFacts, serviceFindings, stoppingFor, type ProcessParts } from './process-stop.ts';

/** Restarts a service of systemd, the process of a pid file, or what a program restarts. */
export function processRestartDriver(parts: ProcessParts): Driver<RestartOptions> {
  const stoppingOf = (step: Step, opId: string, signal: AbortSignal): Stopping =>
    stoppingFor(restartOptions.parse(step.options), { opId, signal }, parts);
  const serviceOf = (step: Step) => stoppingOf(step, '', new AbortController().signal).service;
  return {
    kind: 'process.restart',
    effect: 'probe',
    risk: 'disruptive',
    options: restartOptions,
    deadlineMs: 2 * MINUTE,
    needsRelease: false,
    read: (step, signal) => serviceFacts(stoppingOf(step, '', signal)),
    preflight: (step, facts, signal) =>
      serviceFindings(step, stoppingOf(step, '', signal), facts, 'does not run; it will be started'),
    describe: (step) => `restart ${serviceOf(step).where}`,
    apply: (step, opId, signal) => restart(stoppingOf(step, opId, signal), parts),
    probe: (step, opId, signal) => probeStopping('restarted', stoppingOf(step, opId, signal), parts),
    undoable: () => false,
    byHand: (step) => serviceOf(step).byHand.restart,
  };
}
