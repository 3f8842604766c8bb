import { describe, expect, test } from 'vitest';
import type { IncidentView } from '../../src/domain/ports/daemon.ts';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { incidentView } from '../../src/engine/views/incident.ts';
import { asked, assessed } from './asked.ts';
import { watching, type Watching } from './watching.ts';

async function view(w: Watching): Promise<IncidentView> {
  const seen = await incidentView(w.engine.core, (await w.incident()).id);
  if (seen === null) throw new Error('no incident');
  return seen;
}

describe('the series of an incident', () => {
  test('begins at the first breaching reading, and has every reading to the end', async () => {
    await using w = await asked();
    await w.answers('approve');
    await w.wait(5 * MINUTE);
    const { series, marks, closedAt } = await view(w);
    const [first] = series;
    const ats = first?.readings.map(({ at }) => at) ?? [];

    expect(ats[0]).toBe(marks.breachedAt);
    expect(ats.at(-1)).toBe(closedAt);
    expect(new Set(ats.slice(1).map((at, nth) => at - (ats[nth] ?? 0)))).toEqual(new Set([10 * SECOND]));
    expect(first?.readings[0]).toEqual({
      at: marks.breachedAt,
      value: 0.3,
      verdict: 'value',
      detail: 'errors is 0.3',
    });
  });

  test('names its rule and all of its levels, with thresholds in the unit of the readings', async () => {
    await using w = await asked();
    const { series } = await view(w);

    expect(series.map(({ rule, subject, summary, levels }) => ({ rule, subject, summary, levels }))).toEqual([
      {
        rule: 'shop/error-rate',
        subject: 'shop',
        summary: 'error-rate',
        levels: [
          { severity: 'critical', condition: 'above 50% for 1m', threshold: 0.5 },
          { severity: 'high', condition: 'above 25% for 1m', threshold: 0.25 },
        ],
      },
    ]);
  });

  test('has each rule that fired, the leading one first', async () => {
    await using w = await watching({
      rules: {
        ...assessed(),
        login: { probe: 'login', levels: { medium: { failures: 2 } } },
      },
    });
    await w.deploy('v2');
    w.world.show('login', false);
    await w.wait(MINUTE);
    w.breaks('v2', 0.3);
    await w.wait(3 * MINUTE);
    const { series } = await view(w);

    expect(series.map(({ rule, levels }) => [rule, levels.map(({ threshold }) => threshold)])).toEqual([
      ['shop/error-rate', [0.5, 0.25]],
      ['shop/login', [null]],
    ]);
    expect(series[1]?.readings[0]).toMatchObject({ value: null, verdict: 'failed' });
  });

  test('shows where nothing was read, and never more than five hundred readings', async () => {
    await using w = await asked({ withinMs: 3 * HOUR });
    await w.wait(HOUR);
    w.world.show('errors', 'blind');
    await w.wait(10 * SECOND);
    w.world.show('errors', 0.4);
    await w.wait(HOUR);
    const [first] = (await view(w)).series;

    expect(first?.readings.length).toBeLessThanOrEqual(500);
    expect(first?.readings.filter(({ verdict }) => verdict === 'unknown')).toHaveLength(1);
    expect(new Set(first?.readings.map(({ value }) => value))).toEqual(new Set([0.3, 0.4, null]));
  });

  test('costs no stored readings while a level is only pending', async () => {
    await using w = await watching({ rules: assessed() });
    await w.deploy('v2');
    const before = w.commits.length;
    w.breaks('v2', 0.9);
    await w.wait(40 * SECOND);
    w.world.show('errors', 0);
    await w.wait(5 * MINUTE);
    const stored = w.commits.slice(before).flatMap(({ readings = [] }) => readings);

    // Where it became pending, and where it was forgiven.
    expect(stored).toHaveLength(2);
  });

  test('of a rule that is gone has the levels that fired', async () => {
    await using w = await asked({ want: { action: 'hand_over' } });
    await w.reconfigure({ rules: [] });
    const { series } = await view(w);

    expect(series.map(({ rule, summary, levels }) => ({ rule, summary, levels }))).toEqual([
      {
        rule: 'shop/error-rate',
        summary: 'shop/error-rate',
        levels: [{ severity: 'high', condition: 'above 25% for 1m', threshold: null }],
      },
    ]);
  });
});
