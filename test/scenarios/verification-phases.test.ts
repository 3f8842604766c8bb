import { describe, expect, test } from 'vitest';
import type { Check, Phase } from '../../src/domain/playbook.ts';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { type Watching, watching } from './watching.ts';

async function breakV2(w: Watching): Promise<void> {
  await w.deploy('v2');
  w.breaks('v2');
  await w.wait(61 * SECOND);
  expect(w.world.ledger).toEqual(['shop: v2 → v1']);
}

describe('the phases', () => {
  const check = (name: string): Check => ({
    name,
    source: { kind: 'probe', options: name },
    expect: 'passes',
  });
  const phases: readonly Phase[] = [
    { name: 'infrastructure', withinMs: 30 * SECOND, checks: [check('disk')] },
    { name: 'connectivity', withinMs: 30 * SECOND, checks: [check('login'), check('search')] },
  ];
  const playbooks = { service: { verification: { settleMs: 5 * SECOND, phases } } };

  test('run in order, and each is journaled with what it saw', async () => {
    await using w = await watching({ playbooks });
    await breakV2(w);
    await w.wait(5 * MINUTE);

    expect((await w.journal('phase.passed')).map(({ message }) => message)).toEqual([
      'infrastructure: ✓ disk (answers)',
      'connectivity: ✓ login (answers), ✓ search (answers)',
    ]);
    expect(await w.state()).toBe('closed: rolled_back');
  });

  test('are tried again until their time is over', async () => {
    await using w = await watching({ playbooks });
    w.world.show('login', false);
    await breakV2(w);
    await w.wait(25 * SECOND);
    w.world.show('login', true);
    await w.wait(5 * MINUTE);

    expect(await w.state()).toBe('closed: rolled_back');
  });

  test('that fail hand over at once, and no release is called bad', async () => {
    await using w = await watching({ playbooks });
    w.world.show('login', false);
    await breakV2(w);
    await w.wait(40 * SECOND);

    expect(await w.state()).toBe('handed_over');
    expect(await w.reason()).toBe('verification failed: ✗ login (answers 500), ✓ search (answers)');
    expect(w.standing('v2')).toBe('unproven');
    await w.wait(HOUR);
    expect(w.world.ledger).toHaveLength(1);
  });

  test('that see nothing are extended once and then handed over as inconclusive', async () => {
    await using w = await watching({ playbooks });
    w.world.show('login', 'blind');
    await breakV2(w);
    await w.wait(40 * SECOND);
    expect(await w.state()).toBe('verifying');
    await w.wait(26 * SECOND);

    expect(await w.state()).toBe('handed_over');
    expect(await w.reason()).toBe(
      'verification is inconclusive: ✗ login (login cannot be read), ✓ search (answers)',
    );
    expect(await w.journal('phase.inconclusive')).toHaveLength(2);
  });

  test('that see again in their extension leave the rules an extension of their own', async () => {
    await using w = await watching({ playbooks });
    w.world.show('search', 'blind');
    await breakV2(w);
    await w.wait(45 * SECOND);
    w.world.show('search', true);
    w.world.show('errors', 'idle');
    await w.wait(100 * SECOND);
    expect(await w.state()).toBe('verifying');
    expect(await w.journal('rollback.inconclusive')).toHaveLength(1);
    w.breaks('v2');
    await w.wait(3 * MINUTE);

    expect(await w.state()).toBe('closed: rolled_back');
  });
});
