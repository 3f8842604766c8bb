import { describe, expect, test } from 'vitest';
import type { EnvironmentPolicy } from '../../src/domain/environment.ts';
import { knownEnvironments } from '../../src/domain/environment.ts';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { assessed } from './asked.ts';
import { carol, type Watching, watching, type WatchingOptions } from './watching.ts';

/** A daemon of this environment, on which v2 breaks. */
async function broken(
  environment: string,
  options: WatchingOptions = {},
  stated: Readonly<Record<string, EnvironmentPolicy>> = {},
): Promise<Watching> {
  const environments = { ...knownEnvironments, ...stated };
  const w = await watching({ ...options, configuration: { environment, environments } });
  await w.deploy('v2');
  w.breaks('v2');
  await w.wait(90 * SECOND);
  return w;
}

const destructive: WatchingOptions = {
  drivers: (world) => [world.driver('wipe', 'probe', 'destructive-data')],
  playbooks: {
    service: {
      steps: [
        { kind: 'wipe', options: {}, deadlineMs: MINUTE, retries: 0 },
        { kind: 'move', options: {}, deadlineMs: MINUTE, retries: 0 },
      ],
    },
  },
};

describe('in development', () => {
  test('a question is answered by the policy at once, and the journal says that no person did', async () => {
    await using w = await broken('development', { mode: 'approve' });
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.journal('question.asked')).toEqual([]);
    expect(await w.journal('question.answered')).toEqual([]);
    const decided = await w.journal('decided');
    expect(decided.map(({ message }) => message)).toEqual([
      'rolls back: answered by the policy of development, where nobody is asked; elsewhere it asks because the mode of the daemon is approve',
    ]);
    expect(decided[0]?.facts).toMatchObject({ answeredBy: 'policy of development' });
    expect((await w.journal('rollback.begun'))[0]?.message).toBe(
      'rolling shop back, answered by the policy of development',
    );
    expect((await w.journal('rollback.begun'))[0]?.message).not.toContain('approved');
  });

  test('what destroys data needs no DBA either', async () => {
    await using w = await broken('development', destructive);
    await w.wait(MINUTE);

    expect(w.world.ledger).toEqual(['shop: wipe', 'shop: v2 → v1']);
    expect((await w.journal('decided')).at(-1)?.message).toBe(
      'rolls back: answered by the policy of development, where nobody is asked; elsewhere it asks because the plan destroys data, which takes a DBA or two people',
    );
  });

  test('it counts as a rollback that the daemon made by itself', async () => {
    await using w = await broken('development', { mode: 'approve' });

    expect((await w.journal('budget.charged'))[0]?.message).toBe('automatic rollback 1 of 3 within 1h');
    expect(w.control('cooldown:shop')).not.toBe(null);
  });

  test('a restart between answer and rollback answers the same', async () => {
    await using w = await watching({
      mode: 'approve',
      configuration: { environment: 'development', environments: knownEnvironments },
    });
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(70 * SECOND);
    await w.restart();
    await w.wait(10 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.journal('question.asked')).toEqual([]);
  });

  test('people are still asked while frozen, which a person ordered', async () => {
    await using w = await watching({
      configuration: { environment: 'development', environments: knownEnvironments },
    });
    await w.deploy('v2');
    await w.asks({ do: 'freeze', target: 'shop', forMs: 2 * HOUR, note: 'a demo' }, carol);
    w.breaks('v2');
    await w.wait(90 * SECOND);

    expect(w.world.ledger).toEqual([]);
    expect(await w.state()).toBe('asking');
    expect(await w.reason()).toMatch(/^asks because shop is frozen by carol until /);
  });

  test('what a person rejected is not rolled back when it becomes worse: they are asked again', async () => {
    await using w = await watching({
      rules: assessed(),
      configuration: { environment: 'development', environments: knownEnvironments },
    });
    await w.deploy('v2');
    await w.asks({ do: 'freeze', target: 'shop', forMs: 2 * HOUR, note: 'a demo' }, carol);
    w.breaks('v2', 0.3);
    await w.wait(2 * MINUTE);
    await w.answers('reject');
    await w.asks({ do: 'unfreeze', target: 'shop' }, carol);
    w.breaks('v2');
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual([]);
    expect(await w.state()).toBe('asking');
  });

  test('a target rests after a rollback, and people are asked meanwhile', async () => {
    await using w = await broken('development');
    await w.wait(5 * MINUTE);
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    await w.deploy('v3');
    w.breaks('v3');
    await w.wait(90 * SECOND);

    expect(await w.reason()).toMatch(/^asks because shop rests until /);
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('a rollback of a rollback is asked for', async () => {
    await using w = await watching({
      configuration: { environment: 'development', environments: knownEnvironments },
    });
    await w.deploy('v2');
    await w.wait(15 * MINUTE);
    await w.deploy('v3');
    w.breaks('v3');
    await w.wait(5 * MINUTE);
    expect(w.world.ledger).toEqual(['shop: v3 → v2']);
    await w.wait(2 * HOUR);
    w.breaks('v2');
    await w.wait(90 * SECOND);
    expect(await w.reason()).toMatch(/was itself put there by a rollback/);
    expect(w.world.ledger).toEqual(['shop: v3 → v2']);
  });

  test('the budget brakes: beyond it people are asked', async () => {
    await using w = await watching({
      mode: 'approve',
      configuration: {
        environment: 'development',
        environments: knownEnvironments,
        budget: { rollbacks: 0, perMs: HOUR },
      },
    });
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(90 * SECOND);

    expect(w.world.ledger).toEqual([]);
    expect(await w.state()).toBe('asking');
  });

  test('what a mode only records or tells is no question', async () => {
    await using w = await broken('development', { mode: 'notify' });
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual([]);
    expect(await w.state()).toBe('investigating');
  });
});

describe.each(['production', 'staging', 'prod-eu'])('in %s', (environment) => {
  test('people are asked, and nothing happens meanwhile', async () => {
    await using w = await broken(environment, destructive);
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual([]);
    expect(await w.state()).toBe('asking');
    expect(await w.journal('question.asked')).toHaveLength(1);
  });
});

test('a stated policy holds for the environment of its name', async () => {
  await using w = await broken('scratch', destructive, { scratch: { backups: 'made', asks: 'nobody' } });
  await w.wait(MINUTE);

  expect(w.world.ledger).toEqual(['shop: wipe', 'shop: v2 → v1']);
  expect((await w.journal('rollback.begun'))[0]?.message).toBe(
    'rolling shop back, answered by the policy of scratch',
  );
});
