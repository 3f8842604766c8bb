import { describe, expect, test } from 'vitest';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { alice, type Watching, watching } from './watching.ts';

type Way = 'file' | 'command';

async function halt(w: Watching, way: Way): Promise<void> {
  if (way === 'file') w.halted = 'the halt file is there';
  else await w.asks({ do: 'halt', note: 'inventory' });
}

async function unhalt(w: Watching, way: Way): Promise<void> {
  if (way === 'file') w.halted = null;
  else await w.asks({ do: 'unhalt', note: '' });
}

const twoSteps = {
  service: {
    steps: [
      { kind: 'note', options: {}, deadlineMs: MINUTE, retries: 0 },
      { kind: 'move', options: {}, deadlineMs: MINUTE, retries: 0 },
    ],
  },
};

describe.each<Way>(['file', 'command'])('a halt by %s', (way) => {
  const why = way === 'file' ? 'the halt file is there' : 'halted by alice: inventory';

  test('keeps an incident waiting, and lifting it has the incident judged again', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.breaks('v2');
    await halt(w, way);
    await w.wait(30 * MINUTE);
    expect(w.world.ledger).toEqual([]);
    expect(await w.state()).toBe('halted');
    expect(await w.reason()).toBe(`waits because ${why}`);

    await unhalt(w, way);
    await w.wait(SECOND);
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('is noticed, journaled and told within a second, and so is its end', async () => {
    await using w = await watching();
    await halt(w, way);
    await w.wait(SECOND);
    expect((await w.journal('halted')).map(({ message }) => message)).toEqual([why]);
    expect(await w.told()).toEqual([why]);

    await unhalt(w, way);
    await w.wait(SECOND);
    expect(await w.journal('unhalted')).toHaveLength(1);
    expect(await w.told()).toEqual([why, 'the halt is lifted: effects may start again']);
  });

  test('lets an incident that recovers meanwhile close by itself', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.breaks('v2');
    await halt(w, way);
    await w.wait(2 * MINUTE);
    w.world.show('errors', 0);
    await w.wait(2 * MINUTE);
    expect(await w.state()).toBe('closed: recovered');

    await unhalt(w, way);
    await w.wait(5 * MINUTE);
    expect(w.world.ledger).toEqual([]);
  });

  test('refuses approvals and requests until it is lifted', async () => {
    await using w = await watching({ mode: 'approve' });
    await w.deploy('v2');
    w.breaks('v2');
    await w.wait(90 * SECOND);
    await halt(w, way);

    const answer = await w.answers('approve');
    expect(answer.message).toBe(`nothing may start: ${why}; rollbackd unhalt first`);
    const request = await w.asks({
      do: 'rollback',
      target: 'shop',
      because: 'security',
      to: null,
      playbook: null,
      note: '',
    });
    expect(request.message).toBe(`nothing may start: ${why}; rollbackd unhalt first`);
    await w.wait(MINUTE);
    expect(w.world.ledger).toEqual([]);

    await unhalt(w, way);
    expect((await w.answers('approve')).accepted).toBe(true);
    await w.wait(MINUTE);
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('stops between two steps, and the next step follows when it is lifted', async () => {
    await using w = await watching({ playbooks: twoSteps });
    await w.deploy('v2');
    w.breaks('v2');
    w.world.troubles.set('note', 'takes a while');
    await w.wait(MINUTE + 2 * SECOND);
    expect(await w.state()).toBe('rolling_back');
    await halt(w, way);
    await w.wait(10 * MINUTE);
    expect(w.world.ledger).toEqual(['shop: note']);
    expect(await w.state()).toBe('halted');

    await unhalt(w, way);
    await w.wait(SECOND);
    expect(w.world.ledger).toEqual(['shop: note', 'shop: v2 → v1']);
  });

  test('stops a step that waits to be tried again', async () => {
    await using w = await watching({
      playbooks: { service: { steps: [{ kind: 'move', options: {}, deadlineMs: MINUTE, retries: 3 }] } },
    });
    await w.deploy('v2');
    w.breaks('v2');
    w.world.troubles.set('move', 'fails once');
    await until(w, () => !w.world.troubles.has('move'));
    await halt(w, way);
    await w.wait(10 * MINUTE);
    expect(w.world.ledger).toEqual([]);
    expect(await w.state()).toBe('halted');

    await unhalt(w, way);
    await w.wait(3 * SECOND);
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('that comes while the facts are read for the last time stops the step', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.breaks('v2');
    w.world.troubles.set('move', 'slow to read');
    await w.wait(72 * SECOND);
    expect(await w.state()).toBe('rolling_back');
    await halt(w, way);
    await w.wait(10 * MINUTE);
    expect(w.world.ledger).toEqual([]);
    expect(await w.state()).toBe('halted');

    await unhalt(w, way);
    await w.wait(6 * SECOND);
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('holds over a restart, and over one during which it was lifted', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.breaks('v2');
    await halt(w, way);
    await w.wait(2 * MINUTE);
    await w.restart(MINUTE);
    await w.wait(2 * MINUTE);
    expect(w.world.ledger).toEqual([]);
    expect(await w.state()).toBe('halted');

    await unhalt(w, way);
    await w.restart();
    await w.wait(MINUTE);
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });

  test('holds a step that was under way when the daemon died', async () => {
    await using w = await watching();
    await w.deploy('v2');
    w.breaks('v2');
    w.world.troubles.set('move', 'never answers');
    await w.wait(MINUTE + 15 * SECOND);
    await halt(w, way);
    w.world.troubles.clear();
    await w.restart(10 * SECOND);
    await w.wait(10 * MINUTE);
    expect(w.world.ledger).toEqual([]);
    expect(await w.state()).toBe('halted');

    await unhalt(w, way);
    await w.wait(SECOND);
    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
  });
});

test('a halt file that is removed while the daemon is down lets a stopped rollback go on', async () => {
  await using w = await watching({ playbooks: twoSteps });
  await w.deploy('v2');
  w.breaks('v2');
  w.world.troubles.set('note', 'takes a while');
  await w.wait(MINUTE + 2 * SECOND);
  w.halted = 'the halt file is there';
  await w.wait(10 * SECOND);
  expect(await w.state()).toBe('halted');
  w.halted = null;
  await w.restart(MINUTE);
  await w.wait(10 * SECOND);

  expect(w.world.ledger).toEqual(['shop: note', 'shop: v2 → v1']);
});

test('the command cannot lift a halt while the file is there', async () => {
  await using w = await watching();
  w.halted = 'the halt file is there';
  await w.asks({ do: 'halt', note: '' });

  expect(await w.asks({ do: 'unhalt', note: '' }, alice)).toEqual({
    accepted: false,
    message: 'still halted: the halt file is there; remove the file to lift it',
    incident: null,
  });
});

/** Goes on in small steps until something is so. */
async function until(w: Watching, so: () => boolean): Promise<void> {
  for (let waited = 0; !so() && waited < 10 * MINUTE; waited += 100) await w.wait(100);
}
