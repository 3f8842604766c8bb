import { holds, type BackedUp, type BackupSet } from '../domain/backup.ts';
import { demandOf, type DataWorth, type Demand } from '../domain/data-risk.ts';
import type { Finding, Step } from '../domain/plan.ts';
import type { Backups } from '../domain/ports/backups.ts';
import type { Driver } from '../domain/ports/driver.ts';

/** What guards data goes by. */
export interface DataGuard {
  /** Whether the policy of the environment skips backups: then a lack of them only warns. */
  readonly isDevelopment: () => boolean;
  /** What data is worth; where nothing is said, all of it is replaced behind a backup and by no other rule. */
  readonly worth?: () => DataWorth;
}

/**
 * A step that destroys or replaces data needs a step before it, in the same plan, that makes a backup of exactly that,
 * and of what else the table of what data is worth asks for.
 *
 * @returns a finding for each thing that no step before covers, and for each that a person has to approve
 */
export function unguarded(
  steps: readonly { readonly step: Step; readonly driver: Driver }[],
  guard: DataGuard,
): readonly Finding[] {
  const sets: (readonly BackedUp[])[] = [];
  const findings: Finding[] = [];
  for (const { step, driver } of steps) {
    for (const thing of driver.replaces?.(step) ?? []) {
      const demand = demandFor(thing, guard);
      const lack = lackOf(thing, demand, sets);
      if (lack !== null) findings.push(refusal(step, lack, guard));
      if (demand.asks)
        findings.push({ level: 'warn', step: step.index, message: asked(step, thing, demand) });
    }
    sets.push(driver.backsUp?.(step) ?? []);
  }
  return findings;
}

/** Whether the table of what data is worth asks a person before this step, whatever its driver says. */
export function asksPeople(step: Step, driver: Driver, guard: DataGuard): boolean {
  return (driver.replaces?.(step) ?? []).some((thing) => demandFor(thing, guard).asks);
}

/**
 * Why a step may not replace these things now: for drivers, at the beginning of `apply`.
 *
 * @returns null when a set of the step's incident that was read back covers each of them and what else is asked for, or
 *   nothing has to, or the policy of the environment skips backups
 */
export async function uncovered(
  { backups, ...guard }: DataGuard & { readonly backups: Backups | null },
  step: Pick<Step, 'incident' | 'kind'>,
  things: readonly BackedUp[],
): Promise<string | null> {
  if (guard.isDevelopment()) return null;
  for (const thing of things) {
    const { held, problem } = demandFor(thing, guard);
    if (problem !== null) return `${step.kind} changes nothing: ${problem}`;
    const sets: BackupSet[] = [];
    for (const { kind, name } of held) {
      const set = await backups?.ofIncident(step.incident, kind, name);
      if (set === undefined || set === null)
        return `${step.kind} changes nothing: no backup set of ${step.incident} that was read back holds ${name} (${kind})`;
      sets.push(set);
    }
    if (held.length > 0 && !sets.some(({ parts }) => holdsAll(parts, held)))
      return `${step.kind} changes nothing: no one backup set of ${step.incident} holds ${namesOf(held)} together`;
  }
  return null;
}

function demandFor(thing: BackedUp, { worth }: DataGuard): Demand {
  return demandOf(thing, worth?.() ?? { risks: {}, stores: {} });
}

/** What keeps a thing from being replaced behind these sets, and what to do about it; null: nothing does. */
function lackOf(
  { kind, name }: BackedUp,
  { held, problem }: Demand,
  sets: readonly (readonly BackedUp[])[],
): { readonly what: string; readonly remedy: string } | null {
  const replaced = `replaces ${name} (${kind})`;
  if (problem !== null) return { what: `${replaced}: ${problem}`, remedy: '' };
  if (held.length === 0 || sets.some((set) => holdsAll(set, held))) return null;
  if (held.length === 1)
    return {
      what: `${replaced}, and no backup step before it covers that`,
      remedy: 'put backup: { recipe: … } with a recipe that holds it before the step',
    };
  return {
    what: `${replaced}, and no one backup step before it covers ${namesOf(held)}`,
    remedy: 'put backup: { recipe: … } with a recipe that holds all of them before the step',
  };
}

function refusal(
  { kind, index }: Step,
  { what, remedy }: { readonly what: string; readonly remedy: string },
  { isDevelopment }: DataGuard,
): Finding {
  const message = `${kind} ${what}`;
  if (isDevelopment())
    return {
      level: 'warn',
      step: index,
      message: `${message}; allowed, since this environment skips backups`,
    };
  return { level: 'refuse', step: index, message: remedy === '' ? message : `${message}; ${remedy}` };
}

function asked({ kind }: Step, { name }: BackedUp, { row }: Demand): string {
  return `${kind} replaces ${name}, which a person has to approve: the risk is ${row?.risk ?? 'not known'} (${row?.note ?? ''})`;
}

function holdsAll(set: readonly BackedUp[], wanted: readonly BackedUp[]): boolean {
  return wanted.every((thing) => set.some((one) => holds(one, thing)));
}

function namesOf(things: readonly BackedUp[]): string {
  return things.map(({ kind, name }) => `${name} (${kind})`).join(' and ');
}
