import { expect, test } from 'vitest';
import { report } from '../../../src/app/report.ts';
import { MINUTE } from '../../../src/domain/time.ts';
import { watching } from '../../scenarios/watching.ts';

test('a daemon reports what it did, from its own store: trigger, change, method, verification, times', async () => {
  await using w = await watching();
  await w.deploy('v2');
  w.breaks('v2');
  await w.wait(10 * MINUTE);
  const [row] = await w.engine.core.parts.store.incidents({ limit: 1 });

  const made = await report(w.engine.core, row?.id ?? '');

  expect(made?.name).toBe(row?.id);
  const lines = made?.markdown.split('\n') ?? [];
  expect(lines[0]).toBe(`# Post-mortem of ${row?.id}: shop was rolled back`);
  expect(lines.find((line) => line.startsWith('- **Trigger:**'))).toMatch(
    /^- \*\*Trigger:\*\* Automatic: `shop\/\S+`: .+, threshold: above 50% for 1m$/,
  );
  expect(lines.find((line) => line.includes('**What changed before:**'))).toMatch(
    /release `v2 \(r-\w+\)` was first seen at .+ before the first breaching reading;/,
  );
  expect(lines).toContain('- **Verification:** all checks passed, and the rules of the incident recovered');
  expect(made?.markdown).toMatch(/\| total \| \S+ \| 10m \| within \|/);
});

test('there is no report on what never was', async () => {
  await using w = await watching();

  expect(await report(w.engine.core, 'i-0')).toBeNull();
});
