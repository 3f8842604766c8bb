import { describe, expect, test } from 'vitest';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { assessed } from './asked.ts';
import { ruleOf, watching, type RuleOptions, type Watching, type WatchingOptions } from './watching.ts';

const errors: RuleOptions = { measure: 'errors', levels: { critical: { above: 0.5, forMs: MINUTE } } };
const asking = assessed({}, { above: 0.95 });
const step = (kind: string) => ({ kind, options: {}, deadlineMs: MINUTE, retries: 0 });
const request = {
  do: 'rollback',
  target: 'shop',
  to: null,
  because: 'security',
  playbook: null,
  note: '',
} as const;

/** Breaks v2, and kills the daemon right after it journaled this. */
async function killedAfter(w: Watching, type: string): Promise<void> {
  await w.deploy('v2');
  w.breaks('v2');
  await w.wait(55 * SECOND);
  w.killAfter(type);
  await w.wait(10 * SECOND);
  expect(w.killed()).toBe(true);
}

describe('after a restart a reading that is only HIGH', () => {
  test.each(['plan.built', 'rollback.begun'])(
    'confirms nothing CRITICAL that was left at %s',
    async (type) => {
      await using w = await watching({ rules: assessed() });
      await killedAfter(w, type);
      w.breaks('v2', 0.3);
      await w.restart(MINUTE);
      await w.wait(5 * MINUTE);

      expect(w.world.ledger).toEqual([]);
      expect(await w.state()).toBe('asking');
      expect((await w.incident()).severity).toBe('high');
    },
  );
});

/** What people were reminded of about shop. */
async function reminders(w: Watching): Promise<readonly string[]> {
  const all = await w.journal('incident.reminder');
  return all.filter(({ target }) => target === 'shop').map(({ message }) => message);
}

describe('after a restart, and blind', () => {
  async function blindlyAsking(options: WatchingOptions): Promise<Watching> {
    const w = await watching(options);
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(70 * SECOND);
    expect(await w.state()).toBe('asking');
    w.world.show('errors', 'blind');
    await w.restart(MINUTE);
    return w;
  }

  test('an approval is acted on at once', async () => {
    await using w = await blindlyAsking({ rules: asking });
    expect((await w.answers('approve')).accepted).toBe(true);
    await w.wait(SECOND);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('a question that nobody answers expires all the same', async () => {
    await using w = await blindlyAsking({ rules: asking });
    await w.wait(16 * MINUTE);

    expect(w.world.ledger).toEqual([]);
    expect(await w.state()).toBe('handed_over');
  });

  test('a question that would end in a rollback waits, and reminds people', async () => {
    await using w = await blindlyAsking({ rules: assessed({ otherwise: 'rollback' }, { above: 0.95 }) });
    await w.wait(40 * MINUTE);
    expect(w.world.ledger).toEqual([]);
    expect(await w.state()).toBe('asking');
    const { id } = await w.incident();
    expect(await reminders(w)).toEqual([
      `still asking after 30m: no reading has confirmed the breach since the daemon started; rollbackd rollback shop goes on without one; rollbackd ack ${id} says you have it`,
    ]);
    w.breaks('v2');
    await w.wait(20 * SECOND);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('a rollback that had begun, and done nothing yet, reminds people and goes on at their word', async () => {
    await using w = await watching({ rules: { 'error-rate': errors } });
    await killedAfter(w, 'rollback.begun');
    w.world.show('errors', 'blind');
    await w.restart(MINUTE);
    await w.wait(40 * MINUTE);
    expect(w.world.ledger).toEqual([]);
    expect(await reminders(w)).toEqual([
      expect.stringMatching(/^still rolling back after 30m: no reading has confirmed the breach/),
    ]);
    const other = await w.asks({ ...request, to: w.world.release('v1') });
    expect(other.message).toMatch(/is rolling shop back already$/);
    const { id } = await w.incident();
    expect(await w.asks(request)).toEqual({
      accepted: true,
      message: `${id}: rolling shop back`,
      incident: id,
    });
    await w.wait(SECOND);

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect((await w.journal('request.rollback')).map(({ message }) => message)).toEqual([
      'alice asked for a rollback because of security; it goes on without a fresh reading',
    ]);
  });
});

describe('while the daemon is down', () => {
  test('a target that left the pack of its rule takes its incident with it', async () => {
    await using w = await watching({ rules: asking });
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(70 * SECOND);
    const shop = w.configuration.targets['shop'];
    if (shop === undefined) throw new Error('there is no shop');
    w.configuration = { ...w.configuration, targets: { shop: { ...shop, packs: [] } } };
    await w.restart(MINUTE);

    expect(await w.state()).toBe('closed: withdrawn');
    expect(await w.reason()).toBe('the rule shop/error-rate does not apply to shop any more');
  });

  test('a change of its rule ends the incident of a blind source, so that the next blindness is told', async () => {
    await using w = await watching({ rules: { 'error-rate': errors } });
    w.world.show('errors', 'blind');
    await w.wait(6 * MINUTE);
    expect(await w.state('source:errors')).toBe('investigating');
    w.configuration = { ...w.configuration, rules: [ruleOf('error-rate', { ...errors, summary: 'anew' })] };
    w.world.show('errors', 0);
    await w.restart(MINUTE);
    expect(await w.state('source:errors')).toBe('closed: withdrawn');
    expect(await w.reason('source:errors')).toBe(
      'errors is not known to be blind any more: its rules were changed',
    );
    await w.wait(MINUTE);
    w.world.show('errors', 'blind');
    await w.wait(6 * MINUTE);

    expect(await w.state('source:errors')).toBe('investigating');
  });

  test('a source that stays blind keeps its incident', async () => {
    await using w = await watching({ rules: { 'error-rate': errors } });
    w.world.show('errors', 'blind');
    await w.wait(6 * MINUTE);
    await w.restart(MINUTE);
    await w.wait(MINUTE);

    expect(await w.state('source:errors')).toBe('investigating');
    expect((await w.incidents()).filter(({ target }) => target === 'source:errors')).toHaveLength(1);
  });
});

describe('what recovers by itself after a playbook was carried out', () => {
  async function askedForTheNext(): Promise<Watching> {
    const w = await watching({
      drivers: (world) => [world.driver('restore', 'probe', 'destructive-data')],
      rules: { 'error-rate': errors },
      playbooks: {
        service: { steps: [step('move')], otherwisePlaybook: 'shop/restore' },
        restore: { steps: [step('restore')] },
      },
    });
    await w.deploy('v2');
    w.world.show('errors', 0.9);
    await w.wait(61 * SECOND);
    await w.wait(10 * MINUTE);
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.state()).toBe('asking');
    return w;
  }

  test('is not called untouched', async () => {
    await using w = await askedForTheNext();
    w.world.show('errors', 0);
    await w.wait(2 * MINUTE);

    expect(await w.state()).toBe('closed: recovered');
    expect((await w.journal('incident.closed')).map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /^closed after \S+: every level recovered, after a rollback that was begun and not verified$/,
      ),
    ]);
    expect(w.standing('v2')).toBe('unproven');
  });

  test('makes its target rest until somebody has looked at it', async () => {
    await using w = await askedForTheNext();
    w.world.show('errors', 0);
    await w.wait(2 * HOUR);
    await w.deploy('v3');
    w.breaks('v3');
    await w.wait(90 * SECOND);

    expect(await w.state()).toBe('asking');
    expect(await w.reason()).toMatch(/shop rests until i-\S+ is acknowledged, after its automatic rollback/);
  });

  test('is handed over when people say no and nothing fires', async () => {
    await using w = await watching({
      drivers: (world) => [world.driver('restore', 'probe', 'destructive-data')],
      playbooks: {
        service: { steps: [step('note'), step('move')], otherwisePlaybook: 'shop/restore' },
        restore: { steps: [step('restore')] },
      },
    });
    await w.deploy('v2');
    w.world.troubles.set('move', 'fails');
    await w.asks(request);
    await w.wait(10 * SECOND);
    expect(w.world.ledger).toEqual(['shop: note']);
    expect(await w.state()).toBe('asking');
    await w.answers('reject');

    expect(await w.state()).toBe('handed_over');
    expect(await w.reason()).toBe('rejected by alice');
  });
});

test('an alarm that rings while the daemon stops sets no other', async () => {
  await using w = await watching({ rules: asking, targets: { shop: {}, cart: {} } });
  await w.deploy('v2');
  w.breaks('v2');
  await w.wait(70 * SECOND);
  await w.deploy('v2', 'cart');
  await w.wait(2 * MINUTE);
  expect([await w.state('shop'), await w.state('cart')]).toEqual(['asking', 'asking']);
  const { core } = w.engine;
  const stops: Promise<boolean>[] = [];
  const committed = (entries: readonly { readonly type: string }[]): void => {
    if (entries.some(({ type }) => type === 'question.expired')) stops.push(w.engine.stop(0));
  };
  Object.assign(core.parts.watcher, { committed });
  await w.wait(11 * MINUTE + 10 * SECOND);
  expect(await Promise.all(stops)).toEqual([true]);
  let turns = 0;
  Object.assign(core, { turn: () => Promise.resolve((turns += 1)) });
  await w.wait(HOUR);

  expect(turns).toBe(0);
});
