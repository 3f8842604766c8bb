import { atMost, notCounted, type DataIntegrity } from '../domain/data-integrity.ts';
import type { Effect } from '../domain/effect.ts';
import type { Step } from '../domain/plan.ts';
import type { Driver } from '../domain/ports/driver.ts';

/** Things that one effect tells of; a database may have thousands of tables. */
const mostThings = 200;

/** What a step counted, free of secrets and bounded, as it is journaled and kept. */
export function told(
  integrity: readonly DataIntegrity[],
  scrub: (text: string) => string,
): readonly DataIntegrity[] {
  return atMost(integrity, mostThings).map((thing) => ({
    ...thing,
    name: scrub(thing.name),
    how: scrub(thing.how),
  }));
}

/** Of a step whose count is not known: each store and volume that it replaces, and why nothing was counted. */
export function uncounted(driver: Driver, step: Step, why: string): readonly DataIntegrity[] {
  const things = driver.replaces?.(step) ?? [];
  const withRecords = things.filter(({ kind }) => kind === 'store' || kind === 'volume');
  return atMost(
    withRecords.map(({ name }) => notCounted(name, why)),
    mostThings,
  );
}

/** What became of the records of an incident: of each step what its last effect told that changed them. */
export function integrityOf(effects: Iterable<Effect>): readonly DataIntegrity[] {
  const byStep = new Map<number, Effect>();
  for (const effect of effects) {
    const { step, purpose, state } = effect;
    const mayHave = state === 'done' || state === 'unknown';
    // What is put back takes the place of what was done; letting go changes no records.
    if (purpose !== 'release' && mayHave && isLater(effect, byStep.get(step))) byStep.set(step, effect);
  }
  return [...byStep.entries()].sort(([a], [b]) => a - b).flatMap(([, { integrity }]) => integrity);
}

function isLater(effect: Effect, known: Effect | undefined): boolean {
  if (known === undefined) return true;
  return (
    effect.intentAt > known.intentAt || (effect.intentAt === known.intentAt && effect.purpose === 'undo')
  );
}
