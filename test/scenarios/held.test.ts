import { describe, expect, onTestFinished, test } from 'vitest';
import { onCrashPoint, type CrashPoint } from '../../src/domain/crash-point.ts';
import type { EffectOutcome } from '../../src/domain/effect.ts';
import type { Driver } from '../../src/domain/ports/driver.ts';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import type { World } from '../fakes/world.ts';
import { watching, type Watching } from './watching.ts';

class Died extends Error {}

const done: Promise<EffectOutcome> = Promise.resolve({ ended: 'done', detail: 'done' });

/** Writes are held from this step on. It is no lock of ours that a crash would free: only letting go ends it. */
function quiesce(world: World, held: Set<string>): Driver {
  const plain = world.driver('quiesce');
  return {
    ...plain,
    apply: (step, opId, signal) => {
      held.add(opId);
      return plain.apply(step, opId, signal);
    },
    release: ({ target }, opId) => {
      world.ledger.push(`${target.name}: quiesce ${held.delete(opId) ? 'let go' : 'held nothing'}`);
      return done;
    },
  };
}

async function rollingBack(fails: boolean): Promise<Watching> {
  const steps = ['quiesce', 'move'].map((kind) => ({ kind, options: {}, deadlineMs: MINUTE, retries: 0 }));
  const held = new Set<string>();
  const w = await watching({
    drivers: (world) => [quiesce(world, held)],
    playbooks: { service: { steps } },
  });
  await w.deploy('v2');
  if (fails) w.world.troubles.set('move', 'fails');
  w.breaks('v2');
  return w;
}

/** Lets the daemon die at the nth time that it comes by the point, and starts it again. */
async function dieAt(w: Watching, point: CrashPoint, nth: number): Promise<void> {
  let times = 0;
  const died = (): boolean => times >= nth;
  onCrashPoint((passed) => {
    if (passed !== point || ++times !== nth) return;
    // From here on the dead daemon stores nothing more, whoever catches what is thrown.
    w.killAt({ commit: 1, side: 'before' });
    throw new Died(`at ${point}, the ${nth}. time`);
  });
  onTestFinished(() => onCrashPoint(() => {}));
  for (let waitedMs = 0; !died() && waitedMs < 5 * MINUTE; waitedMs += SECOND)
    await w.wait(SECOND).catch((error: unknown) => expect(error).toBeInstanceOf(Died));
  expect(died()).toBe(true);
  onCrashPoint(() => {});
  w.fatal = null;
  await w.restart(2 * SECOND);
  await w.wait(10 * MINUTE);
}

/** First the step that holds, second the step that moves, third letting go. */
const passed: readonly (readonly [CrashPoint, number])[] = [
  ...(['effect.intent.committed', 'effect.started.committed', 'effect.call.before'] as const),
  ...(['effect.call.after', 'effect.done.committed'] as const),
].flatMap((point) => [1, 2, 3].map((nth) => [point, nth] as const));

describe('a daemon that holds something is killed', () => {
  test.each([...passed, ['release.before', 1] as const])('at %s, the %i. time', async (point, nth) => {
    await using w = await rollingBack(false);
    await dieAt(w, point, nth);

    const again = point === 'effect.call.after' && nth === 3 ? ['shop: quiesce held nothing'] : [];
    expect(w.world.ledger).toEqual(['shop: quiesce', 'shop: v2 → v1', 'shop: quiesce let go', ...again]);
    expect(await w.state()).toBe('closed: rolled_back');
  });
});

describe('a daemon that holds something is killed while it lets go after a failure', () => {
  const letting = passed.filter(([point, nth]) => nth === 3 && point !== 'effect.done.committed');
  test.each([...letting, ['release.before', 1] as const])('at %s, the %i. time', async (point, nth) => {
    await using w = await rollingBack(true);
    await dieAt(w, point, nth);

    const again = point === 'effect.call.after' ? ['shop: quiesce held nothing'] : [];
    expect(w.world.ledger).toEqual(['shop: quiesce', 'shop: quiesce let go', ...again]);
    expect(await w.state()).toBe('handed_over');
  });
});
