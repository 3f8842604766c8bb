import { holds, type BackedUp } from '../domain/backup.ts';
import type { Finding, Step } from '../domain/plan.ts';
import type { Backups } from '../domain/ports/backups.ts';
import type { Driver } from '../domain/ports/driver.ts';

/** Whether what guards data only warns: in development nothing is precious. */
export interface DataGuard {
  readonly isDevelopment: () => boolean;
}

/**
 * A step that destroys or replaces data needs a step before it, in the same plan, that makes a backup of exactly that.
 *
 * @returns a finding for each thing that no step before covers
 */
export function unguarded(
  steps: readonly { readonly step: Step; readonly driver: Driver }[],
  { isDevelopment }: DataGuard,
): readonly Finding[] {
  const covered: BackedUp[] = [];
  const findings: Finding[] = [];
  for (const { step, driver } of steps) {
    const bare = (driver.replaces?.(step) ?? []).filter(
      (thing) => !covered.some((held) => holds(held, thing)),
    );
    for (const { kind, name } of bare) {
      const message = `${step.kind} replaces ${name} (${kind}), and no backup step before it covers that`;
      findings.push(
        isDevelopment()
          ? { level: 'warn', step: step.index, message: `${message}; allowed, since this is development` }
          : {
              level: 'refuse',
              step: step.index,
              message: `${message}; put backup: { recipe: … } with a recipe that holds it before the step`,
            },
      );
    }
    covered.push(...(driver.backsUp?.(step) ?? []));
  }
  return findings;
}

/**
 * Why a step may not replace these things now: for drivers, at the beginning of `apply`.
 *
 * @returns null when a set of the step's incident that was read back covers each of them, or this is development
 */
export async function uncovered(
  { backups, isDevelopment }: DataGuard & { readonly backups: Backups | null },
  step: Pick<Step, 'incident' | 'kind'>,
  things: readonly BackedUp[],
): Promise<string | null> {
  if (isDevelopment()) return null;
  for (const { kind, name } of things) {
    const set = await backups?.ofIncident(step.incident, kind, name);
    if (set === undefined || set === null)
      return `${step.kind} changes nothing: no backup set of ${step.incident} that was read back holds ${name} (${kind})`;
  }
  return null;
}
