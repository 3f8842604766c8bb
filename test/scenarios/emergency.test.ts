import { expect, test } from 'vitest';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { dryRun } from '../../src/engine/dry-run.ts';
import { asked } from './asked.ts';
import { alice, bob, carol, watching, type WatchingOptions } from './watching.ts';

const order = { do: 'emergency', target: 'shop', note: 'nobody can log in' } as const;

/** Its ordinary playbook moves; the one for emergencies also leaves a note. */
const prepared: WatchingOptions = {
  targets: { shop: { emergencyPlaybook: 'shop/emergency' } },
  playbooks: {
    service: {},
    emergency: {
      steps: ['move', 'note'].map((kind) => ({ kind, options: {}, deadlineMs: MINUTE, retries: 0 })),
    },
  },
};

test('an emergency with nothing wrong goes back by the playbook for emergencies, as CRITICAL', async () => {
  await using w = await watching(prepared);
  await w.deploy('v2');
  const shown = await dryRun(w.engine.core, { target: 'shop', to: null, playbook: null, emergency: true });
  const answer = await w.asks({ ...order, planDigest: shown.digest });
  const { id, severity, rule } = await w.incident();
  await w.wait(MINUTE);

  expect(shown).toMatchObject({ playbook: 'shop/emergency', refusal: null });
  expect(answer).toEqual({ accepted: true, message: `${id}: rolling shop back`, incident: id });
  expect({ severity, rule }).toEqual({ severity: 'critical', rule: 'request/emergency' });
  expect(w.world.ledger).toEqual(['shop: v2 → v1', 'shop: note']);
  expect(await w.state()).toBe('closed: rolled_back');
  expect((await w.journal('request.emergency')).map(({ message }) => message)).toEqual([
    'alice ordered an emergency rollback: nobody can log in',
  ]);
});

test('an emergency goes before a freeze, a cooldown and a spent budget, and the journal says who went before them', async () => {
  await using w = await watching({
    ...prepared,
    configuration: { budget: { rollbacks: 1, perMs: 6 * HOUR } },
  });
  await w.deploy('v2');
  w.breaks('v2');
  await w.wait(5 * MINUTE);
  expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  await w.deploy('v3');
  await w.asks({ do: 'freeze', target: 'shop', forMs: HOUR, note: 'sale' });
  const answer = await w.asks(order);
  await w.wait(MINUTE);

  expect(answer.accepted).toBe(true);
  expect(w.world.ledger.slice(1)).toEqual(['shop: v3 → v1', 'shop: note']);
  const [entry] = await w.journal('request.emergency');
  expect(entry?.facts).toEqual({ by: 'alice', overridden: ['freeze', 'cooldown', 'budget'] });
  expect(entry?.message).toMatch(
    /^alice ordered an emergency rollback: nobody can log in, going before this: shop is frozen by alice until .*: sale; .*; the daemon has made 1 of 1 automatic rollbacks in the last 6h$/,
  );
});

test('an emergency never goes before a halt', async () => {
  await using w = await watching(prepared);
  await w.deploy('v2');
  w.halted = 'the file /HALT is there';

  expect(await w.asks(order)).toEqual({
    accepted: false,
    message: 'nothing may start: the file /HALT is there; rollbackd unhalt first',
    incident: null,
  });
  expect(w.world.ledger).toEqual([]);
});

test('an emergency joins the incident that is open, makes it CRITICAL, and takes its own playbook', async () => {
  await using w = await asked({}, prepared);
  const { id, severity } = await w.incident();
  expect(severity).toBe('high');
  const answer = await w.asks(order);
  const joined = await w.incident();
  await w.wait(30 * SECOND);

  expect(answer).toEqual({ accepted: true, message: `${id}: rolling shop back`, incident: id });
  expect(joined).toMatchObject({ id, severity: 'critical' });
  expect(w.world.ledger).toEqual(['shop: v2 → v1', 'shop: note']);
});

test('an emergency that destroys data still takes a DBA or two people', async () => {
  await using w = await watching({
    ...prepared,
    drivers: (world) => [world.driver('wipe', 'probe', 'destructive-data')],
    playbooks: {
      service: {},
      emergency: {
        steps: ['wipe', 'move'].map((kind) => ({ kind, options: {}, deadlineMs: MINUTE, retries: 0 })),
      },
    },
  });
  await w.deploy('v2');
  const answer = await w.asks(order, alice);
  await w.wait(MINUTE);
  expect(answer.message).toMatch(/; it destroys data, so a DBA or two people have to approve it first$/);
  expect(await w.state()).toBe('asking');
  expect(w.world.ledger).toEqual([]);

  await w.answers('approve', carol);
  await w.wait(MINUTE);
  expect(w.world.ledger).toEqual(['shop: wipe', 'shop: v2 → v1']);
});

test.each(['viewer', 'operator'] as const)('an emergency is refused to a %s', async (role) => {
  await using w = await watching(prepared);
  await w.deploy('v2');

  expect((await w.asks(order, { name: 'vic', role })).message).toBe(`vic is ${role} and may not roll back`);
  expect(await w.state()).toBe('no incident');
});

test('an emergency for another plan than was shown is refused', async () => {
  await using w = await watching(prepared);
  await w.deploy('v2');

  expect((await w.asks({ ...order, planDigest: '0123456789abcdef' }, bob)).message).toMatch(
    /^the plan has changed since it was shown: 0123456789abcdef would now be [0-9a-f]{16}$/,
  );
  expect(w.world.ledger).toEqual([]);
});
