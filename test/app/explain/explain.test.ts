import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/app/clock.ts';
import { loadPack } from '../../../src/app/rehearsal/pack.ts';
import { openRehearsal, type Rehearsal } from '../../../src/app/rehearsal/rehearsal.ts';
import { quietScript } from '../../../src/app/rehearsal/script.ts';
import type { ExplainView } from '../../../src/domain/explanation.ts';
import { DAY, MINUTE, SECOND } from '../../../src/domain/time.ts';
import { embeddedAnswerer } from '../../../src/promql/embedded-answerer.ts';
import { createEngine } from '../../../src/promql/engine.ts';
import { MemoryStore } from '../../../src/promql/memory-store.ts';
import { explainLines } from '../../../src/cli/explain-lines.ts';
import { painter } from '../../../src/cli/paint.ts';
import { start } from '../../fakes/clock.ts';

const folder = join(mkdtempSync(join(tmpdir(), 'rollbackd-explain-')), 'shop');
mkdirSync(folder);
const ratio = {
  bad: 'sum by (service) (rate(http_requests_total{status="500"}[1m]))',
  total: 'sum by (service) (rate(http_requests_total[1m]))',
};
writeFileSync(
  join(folder, 'rules.yaml'),
  JSON.stringify({
    rules: {
      errors: {
        summary: 'Share of requests answered with 5xx',
        runbook: 'https://wiki.example/errors',
        every: '10s',
        prometheus: { ratio },
        levels: {
          critical: { above: '50%', for: '1m' },
          medium: { above: '10%', for: '2m', do: 'investigate' },
        },
      },
      memory: { every: '10s', docker: 'memory', levels: { critical: { above: '95%', for: '1m' } } },
      slow: { every: '1s', prometheus: { ratio }, levels: { critical: { above: '50%', for: '8m' } } },
      canary: {
        every: '10s',
        prometheus: { ratio },
        levels: { critical: { above: '10%', for: '1m', while: 'deploying' } },
      },
      times: {
        every: '10s',
        prometheus: { query: ratio.total },
        baseline: { offset: '5m' },
        levels: { critical: { above: '0.5x', floor: 100, for: '1m' } },
      },
      missing: {
        every: '10s',
        prometheus: { query: 'max by (service) (gone)' },
        on_no_data: 'breach',
        levels: { medium: { above: 1, for: '1m' } },
      },
      disk: {
        scope: 'host',
        every: '10s',
        disk: { path: '/' },
        levels: { critical: { below: '60%', for: '1m' } },
      },
    },
  }),
);
afterAll(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

const at = (ms: number): number => start + ms;
const screen = { paint: painter(false), width: 100, now: at(12 * MINUTE) };

describe('an explanation', () => {
  test('says what was read, what each level makes of it, where the value comes from, and what guards would say', async () => {
    await using rehearsal = await failing();
    await rehearsal.advanceTo(at(10 * MINUTE + 30 * SECOND));

    const view = await rehearsal.explain({ rule: 'errors', target: 'shop', at: null });
    expect(
      view.levels.map(({ severity, breaches, distance, phase }) => [severity, breaches, distance, phase]),
    ).toEqual([
      ['critical', false, '11.18% to go', 'clear'],
      ['medium', true, '28.82% beyond', 'pending'],
    ]);
    expect(explainLines(view, screen)).toMatchInlineSnapshot(`
      [
        "shop/errors on shop: breach, 38.82% (1.5 of 3.864)",
        "Share of requests answered with 5xx",
        "",
        "LEVELS",
        "  CRITICAL  above 50% for 1m  does not breach  11.18% to go",
        "  MEDIUM    above 10% for 2m  breaches         28.82% beyond  pending, 20s of 2m, since 12:10:10",
        "",
        "BAD",
        "  sum by (service) (rate(http_requests_total{status="500"}[1m]))  1.5",
        "    rate(http_requests_total{status="500"}[1m])  1.5",
        "",
        "TOTAL",
        "  sum by (service) (rate(http_requests_total[1m]))  3.86364",
        "    rate(http_requests_total[1m])",
        "        2.36364  {service="shop", status="200"}",
        "        1.5      {service="shop", status="500"}",
        "",
        "IF IT FIRED NOW",
        "  CRITICAL: rollback",
        "    rolls back: CRITICAL on shop, from v2 (r-f4c5665eb91d) to v1 (r-da0f35ef03f5)",
        "  MEDIUM: investigate",
        "    tells people: MEDIUM on shop is to be investigated",
        "",
        "runbook: https://wiki.example/errors",
      ]
    `);
  });

  test('of the past reads the instants before it again, as if the rule had been watched', async () => {
    await using rehearsal = await failing();
    await rehearsal.advanceTo(at(30 * MINUTE));

    const [before, during, after] = await Promise.all(
      [5, 14, 29].map((minutes) =>
        rehearsal.explain({ rule: 'shop/errors', target: 'shop', at: at(minutes * MINUTE) }),
      ),
    );
    expect([before, during, after].map((view) => brief(view!))).toEqual([
      'ok 0% (0 of 4) clear clear',
      'breach 75% (3 of 4) firing firing',
      'ok 0% (0 of 4) clear clear',
    ]);
    expect(during?.now).toBe(false);
    expect(during?.levels.every(({ decision }) => decision === null)).toBe(true);
    expect(during?.queries[0]?.parts[0]?.series).toEqual([{ labels: { service: 'shop' }, value: '3' }]);
  });

  test('of what is not there, or is ambiguous, says what is there', async () => {
    await using rehearsal = await failing();
    await rehearsal.advanceTo(at(MINUTE));
    const refusal = async (request: { rule: string; target?: string; at?: number }): Promise<string> =>
      rehearsal.explain({ target: null, at: null, ...request }).then(
        () => 'explained',
        (error: Error) => error.message,
      );

    expect(await refusal({ rule: 'latency' })).toBe(
      'there is no rule latency; `rollbackd status` shows the rules',
    );
    expect(await refusal({ rule: 'errors', target: 'cart' })).toBe(
      'shop/errors does not read for cart; it reads for shop, till',
    );
    expect(await refusal({ rule: 'errors' })).toBe(
      'shop/errors reads for shop, till: say which with --target',
    );
    expect(await refusal({ rule: 'memory', target: 'shop', at: start })).toBe(
      'shop/memory reads docker, which has no past that could be read again; only PromQL has. Leave --at out.',
    );
  });

  test('of a rule that does not ask PromQL shows what was read last', async () => {
    await using rehearsal = await failing();
    await rehearsal.advanceTo(at(MINUTE));

    const view = await rehearsal.explain({ rule: 'memory', target: 'shop', at: null });
    expect(view).toMatchObject({ verdict: 'ok', detail: '50%', queries: [] });
    expect(view.levels[0]).toMatchObject({ breaches: false, distance: '45% to go' });
    expect(view.value).toBe(0.5);
  });

  test('of a host says what guards would say on the target where its incident would open', async () => {
    await using rehearsal = await failing();
    await rehearsal.advanceTo(at(30 * SECOND));

    const { subject, levels } = await rehearsal.explain({ rule: 'disk', target: null, at: null });
    expect(subject).toMatch(/^host:/);
    expect(levels[0]).toMatchObject({ breaches: true, distance: '10% beyond', phase: 'pending' });
    expect(levels[0]?.decision?.reason).toContain('no other release of till');
  });

  test('of a level that is valid only during a deployment says that there is none', async () => {
    await using rehearsal = await failing();
    await rehearsal.advanceTo(at(12 * MINUTE));

    const view = await rehearsal.explain({ rule: 'canary', target: 'shop', at: null });
    expect([view.verdict, view.levels[0]?.breaches, view.levels[0]?.distance]).toEqual([
      'ok',
      false,
      '65% beyond',
    ]);
    expect(explainLines(view, screen)).toContain(
      '  CRITICAL  above 10% for 1m while deploying  does not breach, it would, but nothing is being deployed  65% beyond',
    );
  });

  test('of a threshold in times says how far it is to the floor where that is not reached', async () => {
    await using rehearsal = await failing();
    await rehearsal.advanceTo(at(12 * MINUTE));

    const view = await rehearsal.explain({ rule: 'times', target: 'shop', at: null });
    expect([view.verdict, view.levels[0]?.breaches, view.levels[0]?.distance]).toEqual([
      'ok',
      false,
      '96 to go to the floor',
    ]);
  });

  test('of what has no data says whether that was ever otherwise', async () => {
    await using rehearsal = await failing();
    await rehearsal.advanceTo(at(MINUTE));

    const view = await rehearsal.explain({ rule: 'missing', target: 'shop', at: null });
    expect([view.verdict, view.levels[0]?.breaches, view.levels[0]?.remark]).toEqual([
      'never_seen',
      null,
      null,
    ]);
    const past = await rehearsal.explain({ rule: 'missing', target: 'shop', at: at(30 * SECOND) });
    expect([past.verdict, past.levels[0]?.breaches, past.levels[0]?.remark]).toEqual([
      'no_data',
      true,
      'no data counts as a breach',
    ]);
  });

  test('of the past reads as far back as the slowest level needs, and says from when on', async () => {
    await using rehearsal = await failing();
    await rehearsal.advanceTo(at(30 * MINUTE));

    const view = await rehearsal.explain({ rule: 'slow', target: 'shop', at: at(20 * MINUTE) });
    expect(brief(view)).toBe('breach 75% (3 of 4) firing');
    expect(view.from).toBe(at(20 * MINUTE - 721 * SECOND));
    expect(explainLines(view, screen)).toContain('read again from 12:07:59 on');
  });

  test('of a rule that is unarmed says that it decides nothing', async () => {
    await using rehearsal = await failing();
    await rehearsal.advanceTo(at(12 * MINUTE));

    const view = await rehearsal.explain({ rule: 'errors', target: 'shop', at: null });
    expect(explainLines(view, screen)).toContain('IF IT FIRED NOW');
    const unarmed = explainLines({ ...view, armed: false }, screen);
    expect(unarmed).not.toContain('IF IT FIRED NOW');
    expect(unarmed).toContain('IF IT WERE ARMED AND FIRED NOW');
  });
});

function brief({ verdict, detail, levels }: ExplainView): string {
  return [verdict, detail, ...levels.map(({ phase }) => phase)].join(' ');
}

/** Four requests a second; from minute 10 to 20 three of them fail. */
async function failing(): Promise<Rehearsal> {
  const store = new MemoryStore();
  const counted = { ok: 0, bad: 0 };
  for (let second = -600; second <= 2400; second += 5) {
    const broken = second > 600 && second <= 1200;
    counted.ok += broken ? 5 : 20;
    counted.bad += broken ? 15 : 0;
    const sample = (status: string, value: number): void => {
      store.append(
        { __name__: 'http_requests_total', service: 'shop', status },
        { atMs: at(second * SECOND), value },
      );
    };
    sample('200', counted.ok);
    sample('500', counted.bad);
  }
  const loaded = await loadPack({
    folder,
    targets: { shop: {}, till: {} },
    mode: 'auto',
    clock: systemClock(),
    environment: {},
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return openRehearsal({
    configuration: loaded.configuration,
    answerer: (clock) =>
      embeddedAnswerer({ name: 'prometheus', source: store, engine: createEngine(), clock }),
    from: start,
    script: {
      ...quietScript,
      settled: true,
      releases: {
        shop: [
          { release: 'v1', standing: 'good', since: start - DAY },
          { release: 'v2', standing: 'unproven', since: start - 5 * MINUTE },
        ],
      },
      read: (_, __, now) => ({ kind: 'value', at: now, value: 0.5, detail: '50%' }),
    },
  });
}
