import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compose, type Said } from '../../src/detect/composed.ts';
import { foldWatch, freshWatch } from '../../src/detect/watch.ts';
import type { Composing, Composition } from '../../src/domain/composition.ts';
import type { Reading } from '../../src/domain/reading.ts';
import type { Rule } from '../../src/domain/rule.ts';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { start } from '../fakes/clock.ts';
import { detecting, type Detecting } from './detecting.ts';
import { aRule, comparison, level } from './tracing.ts';

const verdicts = { b: 'breach', o: 'ok', u: 'error' } as const;
type Letter = keyof typeof verdicts;

const said = (letters: string): Said[] =>
  letters
    .split('')
    .map((letter, index) => ({ verdict: verdicts[letter as Letter], identity: `s${index}`, detail: letter }));

function outcome(composing: Composing, letters: string): Letter {
  const reading = compose(composing, said(letters), start);
  if (reading.kind === 'unknown') return 'u';
  return reading.kind === 'probe' && reading.passed ? 'o' : 'b';
}

describe('three-valued logic', () => {
  test.each([
    ['all', ['bb b', 'bo o', 'bu u', 'ob o', 'oo o', 'ou o', 'ub u', 'uo o', 'uu u']],
    ['any', ['bb b', 'bo b', 'bu b', 'ob b', 'oo o', 'ou u', 'ub b', 'uo u', 'uu u']],
  ] as const)('of %s is that of Kleene', (composing, rows) => {
    const table = rows.map((row) => `${row.slice(0, 2)} ${outcome(composing, row.slice(0, 2))}`);
    expect(table).toEqual(rows);
  });

  const words = fc.stringMatching(/^[bou]{2,6}$/);

  test('does not depend on the order of the signals', () => {
    fc.assert(
      fc.property(fc.constantFrom<Composing>('all', 'any'), words, (composing, letters) => {
        const turned = letters.split('').toReversed().join('');
        expect(outcome(composing, turned)).toBe(outcome(composing, letters));
      }),
    );
  });

  test('an unknown signal that turns out either way never turns a known outcome', () => {
    fc.assert(
      fc.property(fc.constantFrom<Composing>('all', 'any'), words, (composing, letters) => {
        const known = outcome(composing, letters);
        if (known === 'u') return;
        for (const word of ['b', 'o']) expect(outcome(composing, letters.replaceAll('u', word))).toBe(known);
      }),
    );
  });

  test('all is any of the opposites', () => {
    const opposite: Readonly<Record<string, string>> = { b: 'o', o: 'b', u: 'u' };
    const turn = (letters: string): string => letters.replaceAll(/./g, (letter) => opposite[letter] ?? '');
    fc.assert(
      fc.property(words, (letters) => {
        expect(turn(outcome('any', turn(letters)))).toBe(outcome('all', letters));
      }),
    );
  });
});

test('what is unknown says the gravest reason, and which sources could not see', () => {
  const parts: Said[] = [
    { verdict: 'never_seen', identity: 'disk', detail: 'disk: no limit (never seen)' },
    { verdict: 'no_data', identity: 'prometheus', detail: 'prometheus: no series (no data)' },
    { verdict: 'breach', identity: 'docker', detail: 'docker: unhealthy (breach)' },
    { verdict: 'error', identity: 'prometheus', detail: 'prometheus: refused (error)' },
  ];
  expect(compose('all', parts, start)).toEqual({
    kind: 'unknown',
    at: start,
    why: 'error',
    detail:
      'disk: no limit (never seen); prometheus: no series (no data); docker: unhealthy (breach); prometheus: refused (error)',
    unseen: ['prometheus'],
  });
});

describe('a composed rule', () => {
  const of = (composing: Composing, more: Partial<Rule> = {}): Rule =>
    aRule({
      source: {
        kind: composing,
        options: {
          parts: [
            { source: { kind: 'fake', options: 'errors' }, comparison: comparison('above', 0.5) },
            { source: { kind: 'series', options: 'health' } },
          ],
        } satisfies Composition,
      },
      levels: [level('critical', { forMs: 20 * SECOND })],
      ...more,
    });

  /** Both of its signals were well at first. */
  const well = async (rule: Rule): Promise<Detecting> => {
    const d = await detecting([rule]);
    d.series.says['backend'] = 'o';
    await d.clock.advance(10 * SECOND);
    return d;
  };

  test('fires when both signals breach for long enough, and names what each said', async () => {
    const d = await well(of('all'));
    d.source.says['backend'] = 'B';
    d.series.says['backend'] = 'o';
    await d.clock.advance(MINUTE);
    expect(d.told()).toEqual([]);
    d.series.says['backend'] = 'X';
    await d.clock.advance(MINUTE);
    expect(d.told()).toEqual(['shop/errors backend critical pending', 'shop/errors backend critical fired']);
    const fired = d.evaluations.flatMap(({ changes }) => changes).at(-1);
    expect(fired?.detail).toBe('fake: 90% (breach); series: refused the connection (breach)');
    expect(fired?.condition).toBe('failing for 20s');
    await d.stop();
  });

  test('of any fires when either does', async () => {
    const d = await well(of('any'));
    d.series.says['backend'] = 'X';
    await d.clock.advance(MINUTE);
    expect(d.told()).toEqual(['shop/errors backend critical pending', 'shop/errors backend critical fired']);
    await d.stop();
  });

  test('respects grace as soon as one of its signals sees deployments', async () => {
    const d = await well(of('any'));
    d.series.seesDeploys = true;
    d.grace.add('backend');
    d.source.says['backend'] = 'B';
    await d.clock.advance(MINUTE);
    expect(d.told()).toEqual([]);
    expect(d.detector.troubled('backend')).toBe(true);
    d.grace.delete('backend');
    await d.clock.advance(MINUTE);
    expect(d.told()).toEqual(['shop/errors backend critical pending', 'shop/errors backend critical fired']);
    await d.stop();
  });

  test('makes blind the source that cannot see, not the others', async () => {
    const d = await well(of('any'));
    d.series.says['backend'] = 'E';
    await d.clock.advance(6 * MINUTE);
    expect(d.blindness()).toEqual([
      'series is blind: shop/errors on backend: fake: 1% (ok); series: nothing to see (error)',
    ]);
    d.series.says['backend'] = 'o';
    d.source.says['backend'] = 'E';
    await d.clock.advance(10 * SECOND);
    expect(d.detector.blind()).toEqual(['fake']);
    d.source.says['backend'] = '.';
    await d.clock.advance(10 * SECOND);
    expect(d.detector.blind()).toEqual([]);
    await d.stop();
  });

  test('a signal whose read fails is unknown, and takes no other with it', async () => {
    const d = await well(of('any'));
    d.source.throws = new Error('broken pipe');
    d.series.says['backend'] = 'X';
    await d.clock.advance(10 * SECOND);
    const reading = d.evaluations.at(-1)?.readings.get('backend');
    expect(reading).toMatchObject({
      kind: 'probe',
      passed: false,
      detail: 'fake: broken pipe (error); series: refused the connection (breach)',
    });
    await d.stop();
  });

  test('whose source is not there is refused by name', async () => {
    const parts = [{ source: { kind: 'fake', options: 1 } }, { source: { kind: 'tape', options: 2 } }];
    await expect(detecting([of('all', { source: { kind: 'all', options: { parts } } })])).rejects.toThrow(
      'Rule shop/errors reads from tape, and there is no such source here; there are fake, series.',
    );
  });
});

// The same promises as of single signals, on traces of what two signals say at each reading.
const rules = fc.constantFrom(
  aRule({ levels: [level('critical', { forMs: 20 * SECOND })] }),
  aRule({ levels: [level('critical', { failures: 2 })] }),
  aRule({ levels: [level('critical', { need: { breaches: 3, of: 5 } })] }),
);
const run = fc
  .tuple(fc.constantFrom('bb', 'bb', 'bo', 'ob', 'oo', 'bu', 'ub', 'uu'), fc.integer({ min: 1, max: 5 }))
  .map(([letters, length]) => Array.from({ length }, () => letters));
const traces = fc.array(run, { minLength: 1, maxLength: 8 }).map((runs) => ['oo', ...runs.flat()]);
const composings = fc.constantFrom<Composing>('all', 'any');

function firings(rule: Rule, readings: readonly Reading[]): { fired: number[]; active: Set<number> } {
  const fired: number[] = [];
  const active = new Set<number>();
  let watch = freshWatch(rule, 'backend');
  for (const reading of readings) {
    const { at } = reading;
    const fold = foldWatch(watch, rule, reading, { at, inGrace: false, deploying: false });
    watch = fold.watch;
    if (fold.changes.some(({ change }) => change === 'fired')) fired.push(at);
    const phase = watch.levels.critical?.phase;
    if (phase === 'firing' || phase === 'recovering') active.add(at);
  }
  return { fired, active };
}

const readingsOf = (rule: Rule, composing: Composing, trace: readonly string[]): Reading[] =>
  trace.map((letters, index) => compose(composing, said(letters), start + index * rule.everyMs));

test('breaching signals that become unknown never add a firing', () => {
  fc.assert(
    fc.property(rules, composings, traces, fc.infiniteStream(fc.nat({ max: 3 })), (...drawn) => {
      const [rule, composing, trace, choices] = drawn;
      const blinded = trace.map((letters) =>
        letters.replaceAll('b', () => (choices.next().value === 0 ? 'u' : 'b')),
      );
      const seeing = firings(rule, readingsOf(rule, composing, trace));
      for (const at of firings(rule, readingsOf(rule, composing, blinded)).fired)
        expect(seeing.active.has(at)).toBe(true);
    }),
    { numRuns: 2_000, seed: 20_260_105 },
  );
});

test('a trace that fires also fires, no later, with every unknown signal breaching', () => {
  let firing = 0;
  fc.assert(
    fc.property(rules, composings, traces, (rule, composing, trace) => {
      const [plain] = firings(rule, readingsOf(rule, composing, trace)).fired;
      if (plain === undefined) return;
      firing += 1;
      const worst = trace.map((letters) => letters.replaceAll('u', 'b'));
      expect(firings(rule, readingsOf(rule, composing, worst)).fired[0]).toBeLessThanOrEqual(plain);
    }),
    { numRuns: 2_000, seed: 20_260_105 },
  );
  expect(firing).toBeGreaterThan(600);
});
