import { expect, test } from 'vitest';
import { DAY, MINUTE } from '../../src/domain/time.ts';
import { reportsOf } from '../../src/engine/bug-reports.ts';
import { alice, watching, type Watching } from './watching.ts';

/** Enters a confirmed report of `ana`, or of whoever is named. */
function reports(w: Watching, issue: string, by: string | null = 'ana', target = 'shop') {
  return w.asks({ do: 'bug', target, issue, by, note: 'cart is empty' }, { ...alice, role: 'operator' });
}

function kept(w: Watching, target = 'shop'): string[] {
  return reportsOf(w.engine.core.book, target).map(({ issue, by }) => `${issue} ${by}`);
}

test('a report is answered, journaled with who entered it, and survives a restart', async () => {
  await using w = await watching();
  expect(await reports(w, 'LAYRA-12')).toEqual({
    accepted: true,
    message: 'LAYRA-12 of shop is noted: 1 person has reported it within a day',
    incident: null,
  });
  await w.restart();
  expect(kept(w)).toEqual(['LAYRA-12 ana']);
  const [entry] = await w.journal('command.bug');
  expect(entry).toMatchObject({
    target: 'shop',
    message: 'ana reported LAYRA-12 of shop: cart is empty',
    facts: { by: 'ana', enteredBy: 'alice', issue: 'LAYRA-12', note: 'cart is empty' },
  });
});

test('the same report again is accepted and counts once', async () => {
  await using w = await watching();
  await reports(w, 'LAYRA-12', 'bo');
  await reports(w, 'LAYRA-12', null);
  expect((await reports(w, 'layra-12', 'bo')).message).toBe(
    'LAYRA-12 of shop was noted before and counts once: 2 people have reported it within a day',
  );
  expect(kept(w)).toEqual(['LAYRA-12 alice', 'LAYRA-12 bo']);
  expect((await w.journal('command.bug')).at(-1)?.message).toBe(
    'bo reported LAYRA-12 of shop again: cart is empty',
  );
});

test('nobody reports bugs of what is not watched', async () => {
  await using w = await watching();
  expect(await reports(w, 'LAYRA-12', 'bo', 'shpo')).toMatchObject({
    accepted: false,
    message: 'there is no target shpo; the configuration has shop',
  });
});

test('what is older than a day goes with the next report of any target', async () => {
  await using w = await watching({ targets: { shop: {}, cart: {} } });
  await reports(w, 'LAYRA-12', 'bo', 'cart');
  await reports(w, 'LAYRA-12', 'bo', 'shop');
  await w.restart(DAY - MINUTE);
  await reports(w, 'LAYRA-13', 'cy', 'shop');
  expect(kept(w, 'cart')).toEqual(['LAYRA-12 bo']);
  await w.restart(2 * MINUTE);
  await reports(w, 'LAYRA-14', 'cy', 'shop');
  expect(kept(w, 'cart')).toEqual([]);
  expect(w.control('reports:cart')).toBeNull();
  expect(kept(w)).toEqual(['LAYRA-13 cy', 'LAYRA-14 cy']);
});
