import type { EffectOutcome } from '../../domain/effect.ts';
import type { Step } from '../../domain/plan.ts';
import type { Driver, Drivers } from '../../domain/ports/driver.ts';
import type { Production } from './production.ts';
import type { Script } from './script.ts';

/**
 * The drivers with their schemas, classes and risks, acting on the simulated production: a step succeeds at once, and
 * one that goes to another release makes it run. Nothing outside is read or touched.
 */
export function rehearsedDrivers(
  drivers: Drivers,
  production: Production,
  { fails, settled = false }: Pick<Script, 'fails' | 'settled'>,
): Drivers {
  const done = new Set<string>();
  return Object.fromEntries(
    Object.entries(drivers).map(([kind, driver]) => [
      kind,
      rehearsed(driver, { production, fails, settled, done }),
    ]),
  );
}

interface Stage {
  readonly production: Production;
  readonly fails: Script['fails'];
  readonly settled: boolean;
  /** `op_id` of every effect that was carried out. */
  readonly done: Set<string>;
}

function rehearsed(driver: Driver, { production, fails, settled, done }: Stage): Driver {
  const { kind, effect, risk, options, deadlineMs, needsRelease } = driver;
  const moves = (step: Step, to: Step['to'], opId: string): EffectOutcome => {
    const label = to?.components[0]?.label;
    if (needsRelease && !settled && label !== undefined) production.deploy(step.target.name, label, opId);
    return { ended: 'done', detail: `${kind} is done` };
  };
  return {
    kind,
    effect,
    risk,
    ...('riskOf' in driver ? { riskOf: (written) => driver.riskOf?.(written) ?? risk } : {}),
    options,
    deadlineMs,
    needsRelease,
    read: ({ target }) =>
      Promise.resolve({ identity: `${target.name} ${production.release(target.name) ?? ''}`, detail: {} }),
    preflight: () => Promise.resolve([]),
    describe: ({ target, to }) =>
      needsRelease ? `${kind} of ${target.name} to ${to?.components[0]?.label ?? 'nowhere'}` : kind,
    apply: (step, opId) => {
      if (fails.steps.has(kind))
        return Promise.resolve({ ended: 'failed', detail: `${kind} fails by the script`, retryable: false });
      done.add(opId);
      return Promise.resolve(moves(step, step.to, opId));
    },
    probe: (_step, opId) => Promise.resolve(done.has(opId) ? 'done' : 'not_done'),
    ...('undoable' in driver ? { undoable: (step) => driver.undoable?.(step) ?? true } : {}),
    ...('undo' in driver ? { undo: (step, opId) => Promise.resolve(moves(step, step.from, opId)) } : {}),
    ...('release' in driver
      ? { release: () => Promise.resolve({ ended: 'done', detail: `${kind} let go` } as const) }
      : {}),
    byHand: () => [],
  };
}
