import { describe, expect, test } from 'vitest';
import { RollbackError } from '../../src/domain/errors.ts';
import type { Playbook } from '../../src/domain/playbook.ts';
import type { Driver } from '../../src/domain/ports/driver.ts';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import type { Keeper, Kept } from '../../src/domain/ports/observer.ts';
import { tell } from '../../src/app/telling.ts';
import { haltForBrokenJournal } from '../../src/engine/journal-halt.ts';
import { incidentView } from '../../src/engine/views/incident.ts';
import type { World } from '../fakes/world.ts';
import { asked } from './asked.ts';
import { alice, watching, type Watching } from './watching.ts';

/** The driver `move` whose facts cannot be read while `out()` says so. */
function moveUnreachableWhile(out: () => boolean) {
  return (world: World): readonly Driver[] => {
    const whole = world.driver('move');
    const read: Driver['read'] = (step, signal) =>
      out()
        ? Promise.reject(new RollbackError('UNREACHABLE', 'docker is restarting'))
        : whole.read(step, signal);
    return [{ ...whole, read }];
  };
}

/** v2 is deployed and breaks; it is about to be rolled back. */
async function breaking(w: Watching): Promise<void> {
  await w.deploy('v2');
  w.breaks('v2');
}

describe('an outage of what the facts are read from', () => {
  test('is waited out while planning', async () => {
    let outUntil = Number.POSITIVE_INFINITY;
    await using w = await watching({ drivers: moveUnreachableWhile(() => w.clock.now() < outUntil) });
    await breaking(w);
    outUntil = w.clock.now() + 80 * SECOND;
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.state()).toBe('closed: rolled_back');
  });

  test('that lasts is handed over with its reason', async () => {
    await using w = await watching({ drivers: moveUnreachableWhile(() => true) });
    await breaking(w);
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual([]);
    expect(await w.state()).toBe('handed_over');
    expect(await w.reason()).toBe('move: docker is restarting');
  });

  test('is waited out between the plan and its first step', async () => {
    let out = false;
    await using w = await watching({
      drivers: (world) => {
        const whole = world.driver('move');
        const read: Driver['read'] = (step, signal) =>
          out
            ? Promise.reject(new RollbackError('UNREACHABLE', 'docker is restarting'))
            : whole.read(step, signal);
        return [
          { ...whole, read },
          world.driver('note', 'cas', 'safe', {
            apply: async () => {
              out = true;
              world.clock.after(10 * SECOND, () => {
                out = false;
              });
              return { ended: 'done', detail: 'noted' };
            },
          }),
        ];
      },
      playbooks: {
        service: {
          steps: ['note', 'move'].map((kind) => ({ kind, options: {}, deadlineMs: MINUTE, retries: 0 })),
        },
      },
    });
    await breaking(w);
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.state()).toBe('closed: rolled_back');
  });
});

describe('a stop of the daemon', () => {
  /** Reads that only an abort ends, as those of a socket that is closed. */
  const hanging =
    (hangs: () => boolean) =>
    (world: World): readonly Driver[] => {
      const whole = world.driver('move');
      const read: Driver['read'] = async (step, signal) => {
        if (!hangs()) return whole.read(step, signal);
        const { promise, reject } = Promise.withResolvers<never>();
        signal.addEventListener('abort', () => reject(new RollbackError('ABORTED', 'reading was stopped')), {
          once: true,
        });
        return promise;
      };
      return [{ ...whole, read }];
    };

  test('while planning hands nothing over: the next start goes on', async () => {
    let hangs = true;
    await using w = await watching({ drivers: hanging(() => hangs) });
    await breaking(w);
    await w.wait(90 * SECOND);
    expect(await w.state()).toBe('planning');

    const stopped = w.engine.stop(5 * SECOND);
    await w.wait(MINUTE);
    await stopped;
    expect(await w.state()).toBe('planning');

    hangs = false;
    await w.restart();
    await w.wait(5 * MINUTE);
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.state()).toBe('closed: rolled_back');
  });
});

describe('a deployment between two steps of a plan', () => {
  const steps = ['link.move', 'docker.note'].map((kind) => ({
    kind,
    options: {},
    deadlineMs: MINUTE,
    retries: 0,
  }));
  const playbooks: Record<string, Partial<Playbook>> = { service: { steps } };

  /** Two things of one target: the link, and a container that is replaced by somebody else once the link has moved. */
  const twoThings = (world: World): readonly Driver[] => {
    let container = 'c1';
    const whole = world.driver('move');
    const link: Driver = {
      ...whole,
      kind: 'link.move',
      apply: async (step, opId, signal) => {
        const outcome = await whole.apply({ ...step, kind: 'move' }, opId, signal);
        container = 'c2';
        return outcome;
      },
    };
    const read: Driver['read'] = () => Promise.resolve({ identity: container, detail: {} });
    return [link, world.driver('docker.note', 'probe', 'disruptive', { read })];
  };

  test('of what no earlier step acts on stops the plan before that step', async () => {
    await using w = await watching({ drivers: twoThings, playbooks });
    await breaking(w);
    await w.wait(5 * MINUTE);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.state()).toBe('closed: handed_over');
    expect((await w.journal('effect.failed')).map(({ message }) => message)).toEqual([
      expect.stringContaining('shop changed after the plan was made; nothing was done to it'),
    ]);
  });
});

test('a start that cannot look for what the last daemon left running hands the step over, and goes on', async () => {
  await using w = await watching({
    orphans: {
      find: () => Promise.reject(new RollbackError('UNREACHABLE', '/proc cannot be read')),
      wait: () => Promise.resolve(true),
    },
  });
  await breaking(w);
  w.killAfter('effect.started');
  await w.wait(3 * MINUTE);
  await w.restart();
  await w.wait(MINUTE);

  expect(w.fatal).toBeNull();
  expect(await w.state()).toBe('handed_over');
  expect(await w.reason()).toContain(
    'move: nobody can tell whether its process still runs: /proc cannot be read',
  );
});

describe('what a rollback needs', () => {
  /** Keeps pins on paper: what the daemon asks to be kept, and what is lost. */
  class PaperKeeper implements Keeper {
    readonly kept: Kept[] = [];
    readonly lost = new Set<string>();
    pin = () => Promise.resolve();
    present: Keeper['present'] = (_target, { id }) => Promise.resolve(!this.lost.has(id));
    prune: Keeper['prune'] = (_target, keep) => {
      this.kept.push(keep);
      return Promise.resolve([]);
    };
  }
  const shop = { shop: { container: 'shop' } };

  test('and is gone is one incident, however long it is gone, beside a release that is there', async () => {
    const keeper = new PaperKeeper();
    await using w = await watching({ targets: shop, keeper });
    await w.deploy('v2');
    await w.wait(20 * MINUTE);
    expect([w.standing('v1'), w.standing('v2')]).toEqual(['good', 'good']);
    keeper.lost.add(w.world.release('v1'));
    await w.wait(10 * MINUTE);

    expect((await w.incidents()).map(({ target, state }) => [target, state])).toEqual([
      ['pin:shop', 'investigating'],
    ]);
    expect((await w.incidents())[0]?.reason).toContain('pin:shop');
    keeper.lost.clear();
    await w.wait(2 * MINUTE);
    expect(await w.state('pin:shop')).toBe('closed: recovered');
  });

  test('is kept while an incident is open, and from its end on', async () => {
    const keeper = new PaperKeeper();
    await using w = await watching({ targets: shop, keeper });
    expect(keeper.kept.at(-1)?.settledAt).toBe(0);
    await w.deploy('v2');
    w.world.show('errors', 0.9);
    await w.wait(30 * MINUTE);
    expect(await w.state()).toBe('handed_over');
    expect(keeper.kept.at(-1)?.settledAt).toBeNull();

    w.world.show('errors', 0);
    await w.wait(10 * MINUTE);
    const { closedAt } = await w.incident();
    expect(closedAt).not.toBeNull();
    expect(keeper.kept.at(-1)?.settledAt).toBe(closedAt);
  });
});

test('an approval that does not say which plan it is for is refused; a rejection may', async () => {
  await using w = await asked();
  const { id } = await w.incident();

  const plan = w.asked(id);
  expect(await w.answers('approve', alice, null)).toEqual({
    accepted: false,
    message: `an approval says which plan it is for: the question is about plan ${plan}; look at rollbackd show ${id}`,
    incident: id,
  });
  expect(await w.state()).toBe('asking');
  expect(await w.answers('reject', alice, null)).toMatchObject({ accepted: true });
});

describe('a release that CI or a person calls good or bad', () => {
  const says = (w: Watching, release: string, action: 'good' | 'bad' = 'bad') =>
    w.asks({ do: 'release', target: 'shop', action, release, note: '' });

  test('may be named by its label or by the beginning of its id', async () => {
    await using w = await watching();
    expect(await says(w, 'v1')).toMatchObject({ accepted: true });
    expect(w.standing('v1')).toBe('bad');
    expect(await says(w, w.world.release('v1').slice(0, 8), 'good')).toMatchObject({ accepted: true });
    expect(w.standing('v1')).toBe('good');
  });

  test('and that nobody knows is refused', async () => {
    await using w = await watching();
    expect(await says(w, 'v9')).toMatchObject({
      accepted: false,
      message: 'shop has no release v9: see `release list shop`',
    });
  });
});

test('what a step says is journaled, stored, told and kept as evidence without the secrets in it', async () => {
  await using w = await watching({
    drivers: (world) => [
      world.driver('note', 'cas', 'safe', {
        apply: () =>
          Promise.resolve({
            ended: 'done',
            detail: 'token s3cr3t taken',
            evidence: { output: 'TOKEN=s3cr3t' },
          }),
      }),
      world.driver('move', 'probe', 'disruptive', {
        apply: () => Promise.resolve({ ended: 'failed', detail: 'refused s3cr3t', retryable: false }),
      }),
    ],
    playbooks: {
      service: {
        steps: ['note', 'move'].map((kind) => ({ kind, options: {}, deadlineMs: MINUTE, retries: 0 })),
      },
    },
  });
  await breaking(w);
  await w.wait(5 * MINUTE);

  expect(await w.reason()).toBe('a step failed: move: refused [secret]');
  const { id } = await w.incident();
  const stored = JSON.stringify([
    await w.journal(),
    await w.incidents(),
    await w.store.effects(id),
    await w.store.snapshots(id),
    await w.messagesToPeople(),
  ]);
  expect(stored).toContain('TOKEN=[secret]');
  expect(stored).not.toContain('s3cr3t');
});

describe('a journal that was changed', () => {
  const broken = (w: Watching) =>
    w.engine.core.turn((turn, { book }) => haltForBrokenJournal(turn, book, 'entry 5 was changed'));
  const halted =
    'halted by rollbackd: the journal does not verify (entry 5 was changed); look into it, then lift the halt';

  test('lets nothing start, over a restart, until a person has looked into it', async () => {
    await using w = await watching();
    await broken(w);
    await w.restart();
    await breaking(w);
    await w.wait(5 * MINUTE);
    expect(w.world.ledger).toEqual([]);
    expect(await w.state()).toBe('halted');
    expect(await w.reason()).toContain(halted);
    expect((await w.told()).filter((title) => title === halted)).toHaveLength(1);

    expect(await w.asks({ do: 'unhalt', note: '' })).toMatchObject({ accepted: true });
    await w.wait(5 * MINUTE);
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect((await w.journal('command.unhalt')).map(({ message }) => message)).toEqual([
      'halt lifted by alice, who looked into the journal: entry 5 was changed',
    ]);
  });

  test('does not halt again the next night for what a person has lifted', async () => {
    await using w = await watching();
    await broken(w);
    await w.asks({ do: 'unhalt', note: '' });
    await broken(w);
    await breaking(w);
    await w.wait(5 * MINUTE);
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test.each(['journal.broken', 'journal.unverified'])('is told to people: %s', async (type) => {
    await using w = await watching({ warmUpMs: 0 });
    const entry = {
      at: 1,
      incident: null,
      target: null,
      type,
      message: 'The journal does not verify.',
      facts: {},
    };
    expect(tell(entry, null, 'people', w.configuration)).toMatchObject({
      title: 'The journal does not verify.',
      urgent: type === 'journal.broken',
    });
  });
});

test("a playbook's name that several packs use is asked back", async () => {
  await using w = await watching();
  const service = w.configuration.playbooks['shop/service']!;
  await w.reconfigure({
    playbooks: { 'shop/service': service, 'till/service': { ...service, id: 'till/service' } },
  });
  await w.deploy('v2');
  const request = { do: 'rollback', target: 'shop', because: 'regression', to: null, note: '' } as const;
  expect(await w.asks({ ...request, playbook: 'service' })).toEqual({
    accepted: false,
    message: 'service may be any of shop/service, till/service: name one of them',
    incident: null,
  });
  expect(await w.asks({ ...request, playbook: 'shop/service' })).toMatchObject({ accepted: true });
});

describe('readings of an incident', () => {
  test('are kept from what fired to the end of its rollback, and shown with it', async () => {
    await using w = await watching();
    await breaking(w);
    await w.wait(5 * MINUTE);
    const { id, marks, closedAt } = await w.incident();
    const view = await incidentView(w.engine.core, id);
    expect(view?.readings[0]).toEqual({ at: marks.breachedAt, detail: 'errors is 0.9' });
    expect(view?.readings.filter(({ at }) => at > (marks.firstEffectAt ?? 0)).length).toBeGreaterThan(5);
    expect(view?.readings.at(-1)).toEqual({ at: closedAt, detail: 'errors is 0' });
  });

  test('are no longer stored one by one once a person owns it', async () => {
    await using w = await watching();
    w.world.show('errors', 0.9);
    await w.wait(5 * MINUTE);
    expect(await w.state()).toBe('handed_over');
    const before = w.commits.length;
    await w.wait(10 * MINUTE);
    const stored = w.commits.slice(before).flatMap(({ readings = [] }) => readings);
    expect(stored).toEqual([]);
  });
});

test('what a rule that is gone remembered is forgotten at the next start', async () => {
  const rules = {
    'error-rate': { measure: 'errors', levels: { critical: {} } },
    latency: { measure: 'latency', levels: { critical: {} } },
  };
  await using w = await watching({ rules });
  w.configuration = { ...w.configuration, rules: w.configuration.rules.slice(0, 1) };
  await w.restart();
  const { watches } = await w.store.load();
  expect(watches.map(({ rule }) => rule)).toEqual(['shop/error-rate']);
});
