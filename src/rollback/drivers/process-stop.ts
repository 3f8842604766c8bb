import type { EffectRecords } from '../../clients/files/records.ts';
import type { Driver } from '../../domain/ports/driver.ts';
import type { Finding, Step, StepFacts } from '../../domain/plan.ts';
import { RollbackError } from '../../domain/errors.ts';
import { formatDuration, MINUTE } from '../../domain/time.ts';
import { commandService } from '../process/by-command.ts';
import { stopOptions, type StopOptions } from '../process/options.ts';
import { pidFileService } from '../process/pid-file.ts';
import type { Service, ServiceParts } from '../process/service.ts';
import { probeStopping, startAgain, stop, type Stopping } from '../process/stopping.ts';
import { unitService } from '../process/unit.ts';
import { msOf } from './duration-option.ts';

export type ProcessParts = ServiceParts & { readonly records: EffectRecords };

/** Stops a service of systemd, the process of a pid file, or what a program stops; the undo starts it again. */
export function processStopDriver(parts: ProcessParts): Driver<StopOptions> {
  const stoppingOf = (step: Step, opId: string, signal: AbortSignal): Stopping =>
    stoppingFor(stopOptions.parse(step.options), { opId, signal }, parts);
  return {
    kind: 'process.stop',
    effect: 'probe',
    risk: 'disruptive',
    options: stopOptions,
    deadlineMs: 2 * MINUTE,
    needsRelease: false,
    read: (step, signal) => serviceFacts(stoppingOf(step, '', signal)),
    preflight: (step, facts, signal) =>
      serviceFindings(step, stoppingOf(step, '', signal), facts, 'does not run'),
    describe: (step) => `stop ${serviceFor(stopOptions.parse(step.options), parts).where}`,
    apply: (step, opId, signal) => stop(stoppingOf(step, opId, signal), parts),
    probe: (step, opId, signal) => probeStopping('stopped', stoppingOf(step, opId, signal), parts),
    undoable: (step) => serviceFor(stopOptions.parse(step.options), parts).start !== null,
    undo: (step, opId, signal) => startAgain(stoppingOf(step, opId, signal), parts),
    byHand: (step) => serviceFor(stopOptions.parse(step.options), parts).byHand.stop,
  };
}

/** The service that options name. */
function serviceFor(options: StopOptions, parts: ServiceParts): Service {
  const { unit, pid_file: path, command, status, start, within } = options;
  const withinMs = msOf(within);
  if (unit !== undefined) return unitService(unit, withinMs, parts);
  if (path !== undefined) return pidFileService(path, start ?? null, withinMs, parts);
  if (command !== undefined)
    return commandService({ command, status: status ?? null, start: start ?? null }, withinMs, parts);
  throw new RollbackError('PLAN_REFUSED', 'the step names none of unit, pid_file and command');
}

export function stoppingFor(
  options: StopOptions,
  { opId, signal }: Pick<Stopping, 'opId' | 'signal'>,
  parts: ServiceParts,
): Stopping {
  return { service: serviceFor(options, parts), opId, withinMs: msOf(options.within), signal };
}

/** Which process it is now, so that a plan is void once it is another one. */
export async function serviceFacts({ service, signal }: Stopping): Promise<StepFacts> {
  const problems = await service.problems();
  if (problems.length > 0) return { identity: service.where, detail: { problems: [...problems] } };
  const stand = await service.look(signal);
  const identity =
    stand.runs === true ? (stand.identity ?? 'runs') : stand.runs === false ? 'stopped' : 'unknown';
  return { identity: `${service.where} ${identity}`, detail: { problems: [], runs: stand.runs } };
}

export async function serviceFindings(
  step: Step,
  { service, withinMs }: Stopping,
  { detail: { problems, runs } }: StepFacts,
  saysOfStopped: string,
): Promise<readonly Omit<Finding, 'step'>[]> {
  const found = Array.isArray(problems) ? problems.map(String) : [];
  if (withinMs >= step.deadlineMs)
    found.push(
      `within is ${formatDuration(withinMs)}, and the whole step has ${formatDuration(step.deadlineMs)}: state a longer deadline`,
    );
  if (found.length > 0) return found.map((message) => ({ level: 'refuse', message }));
  if (runs === false) return [{ level: 'warn', message: `${service.where} ${saysOfStopped}` }];
  if (runs === true || service.tells) return [];
  return [
    {
      level: 'warn',
      message: 'states no status: if rollbackd is interrupted meanwhile, the incident is handed over',
    },
  ];
}
