import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { SECOND } from '../../src/domain/time.ts';
import { freshWatch, foldWatch, restoredWatch } from '../../src/detect/watch.ts';
import type { Level, Rule } from '../../src/domain/rule.ts';
import type { Watch } from '../../src/domain/breach.ts';
import { start } from '../fakes/clock.ts';
import { above, aRule, comparison, level, readingOf } from './tracing.ts';

/** A trace: letters with the instants at which they were read. */
type Trace = readonly { readonly at: number; readonly letter: string }[];

/** When a rule fired on a trace, and whether anything fires or recovers after each of its instants. */
function follow(rule: Rule, trace: Trace): { fired: number[]; active: Map<number, boolean>; end: string } {
  const fired: number[] = [];
  const active = new Map<number, boolean>();
  let watch: Watch = freshWatch(rule, 'backend');
  for (const { at, letter } of trace) {
    const around = { at, inGrace: false, deploying: false };
    const fold = foldWatch(watch, rule, readingOf(letter, at), around);
    watch = fold.watch;
    if (fold.changes.some(({ change, armed }) => change === 'fired' && armed)) fired.push(at);
    const phase = watch.levels.critical?.phase ?? 'clear';
    active.set(at, phase === 'firing' || phase === 'recovering');
  }
  return { fired, active, end: JSON.stringify(watch) };
}

const rules = fc.constantFrom(
  aRule({ levels: [level('critical', above(0.5, 20 * SECOND))] }),
  aRule({ levels: [level('critical', above(0.5, 40 * SECOND))] }),
  aRule({ levels: [level('critical', above(0.5, 0))] }),
  aRule({
    levels: [level('critical', above(0.5, 30 * SECOND))],
    recover: { comparison: comparison('below', 0.05), forMs: 20 * SECOND },
  }),
  aRule({ levels: [level('critical', { failures: 2 })] }),
  aRule({ levels: [level('critical', { failures: 3 })] }),
  aRule({ levels: [level('critical', { forMs: 20 * SECOND })] }),
  aRule({ levels: [level('critical', aboveInNeed(2, 3))] }),
  aRule({ levels: [level('critical', aboveInNeed(3, 5))] }),
  aRule({ levels: [level('critical', { need: { breaches: 2, of: 4 } })] }),
  aRule({
    levels: [level('critical', aboveInNeed(3, 5))],
    recover: { comparison: comparison('below', 0.05), forMs: 20 * SECOND },
  }),
  aRule({
    levels: [level('critical', aboveInNeed(2, 4))],
    recover: { comparison: comparison('below', 0.05), forMs: 0 },
  }),
);

function aboveInNeed(breaches: number, of: number): Level['condition'] {
  return { comparison: comparison('above', 0.5), need: { breaches, of } };
}

const isProbe = ({ levels }: Rule): boolean => levels[0]?.condition.comparison === undefined;

/** Runs of the same letter, as real signals have them, after one that arms the rule; some ticks are missing. */
const cases = rules.chain((rule) => {
  const probes = isProbe(rule);
  const letters = probes ? ['X', 'X', 'o', 'E'] : ['B', 'B', '.', '-', '?', 'E', 'i'];
  const run = fc
    .tuple(fc.constantFrom(...letters), fc.integer({ min: 1, max: 7 }))
    .map(([letter, length]) => letter.repeat(length));
  return fc.record({
    rule: fc.constant(rule),
    trace: fc
      .tuple(
        fc.array(run, { minLength: 1, maxLength: 8 }),
        fc.infiniteStream(fc.integer({ min: 0, max: 11 })),
      )
      .map(([runs, skips]) => timed(`${probes ? 'o' : '.'}${runs.join('')}`, rule.everyMs, skips)),
  });
});

function timed(letters: string, everyMs: number, skips: Iterator<number>): Trace {
  let at = start;
  return letters.split('').map((letter) => {
    const skipped = (skips.next().value as number) === 0 ? 1 : 0;
    at += everyMs * (1 + skipped);
    return { at, letter };
  });
}

const unknown = new Set(['?', 'E', 'i']);
const breach = (rule: Rule): string => (isProbe(rule) ? 'X' : 'B');

/** Some breaching readings become unknown, and unknown ones are inserted between the others. */
function blinded(trace: Trace, choices: readonly number[]): Trace {
  return trace.flatMap((read, index) => {
    const choice = choices[index % choices.length] ?? 0;
    const breaching = read.letter === 'B' || read.letter === 'X';
    const kept = breaching && choice % 3 === 0 ? { ...read, letter: 'E' } : read;
    return choice % 4 === 1 ? [kept, { at: read.at + SECOND, letter: '?' }] : [kept];
  });
}

const choices = fc.array(fc.nat({ max: 11 }), { minLength: 1, maxLength: 40 });
const runs = { numRuns: 3_000, seed: 20_260_105 };

test('at least three traces in ten fire before anything is done to them', () => {
  const sampled = fc.sample(cases, runs);
  const firing = sampled.filter(({ rule, trace }) => follow(rule, trace).fired.length > 0);
  expect(firing.length / sampled.length).toBeGreaterThan(0.3);
});

test('unknown readings, inserted or in the place of breaching ones, never add a firing', () => {
  fc.assert(
    fc.property(cases, choices, ({ rule, trace }, mutation) => {
      const seen = follow(rule, trace);
      const blind = follow(rule, blinded(trace, mutation));
      // Whenever the blinded daemon begins to fire, the seeing one fires already, or fires at that very reading.
      for (const at of blind.fired) expect(seen.active.get(at)).toBe(true);
      if (blind.fired.length > 0) expect(seen.fired[0]).toBeLessThanOrEqual(blind.fired[0] ?? 0);
    }),
    runs,
  );
});

test('a trace that fires also fires with every unknown reading replaced by a breach', () => {
  fc.assert(
    fc.property(cases, ({ rule, trace }) => {
      const plain = follow(rule, trace);
      const worst = trace.map((read) =>
        unknown.has(read.letter) ? { ...read, letter: breach(rule) } : read,
      );
      if (plain.fired.length > 0)
        expect(follow(rule, worst).fired[0]).toBeLessThanOrEqual(plain.fired[0] ?? 0);
    }),
    runs,
  );
});

/** The place of a reading that said something: what a stored watch remembers is its last one. */
function stopAt(trace: Trace, choice: number): number {
  const told = trace.flatMap(({ letter }, index) => (unknown.has(letter) ? [] : [index]));
  return told[choice % told.length] ?? 0;
}

test('JSON and back, and a restart in which no time passes, change no ending', () => {
  fc.assert(
    fc.property(cases, fc.nat(), ({ rule, trace }, cut) => {
      let watch: Watch = freshWatch(rule, 'backend');
      const stop = stopAt(trace, cut);
      trace.forEach(({ at, letter }, index) => {
        const around = { at, inGrace: false, deploying: false };
        watch = foldWatch(watch, rule, readingOf(letter, at), around).watch;
        const stored = JSON.parse(JSON.stringify(watch)) as Watch;
        expect(stored).toEqual(watch);
        if (index === stop) watch = restoredWatch(stored, at);
      });
      const undisturbed = JSON.parse(follow(rule, trace).end) as Watch;
      expect(watch.levels).toEqual(undisturbed.levels);
      expect(watch.armed).toBe(undisturbed.armed);
    }),
    runs,
  );
});

test('a restart after any reading never makes a trace fire that did not, nor any earlier', () => {
  fc.assert(
    fc.property(cases, fc.nat(), fc.integer({ min: 1, max: 600 }), ({ rule, trace }, cut, downS) => {
      const stop = stopAt(trace, cut);
      const shifted = trace.map(({ at, letter }, index) => ({
        letter,
        at: index > stop ? at + downS * SECOND : at,
      }));
      const fired: number[] = [];
      let watch: Watch = freshWatch(rule, 'backend');
      shifted.forEach(({ at, letter }, index) => {
        const fold = foldWatch(watch, rule, readingOf(letter, at), { at, inGrace: false, deploying: false });
        watch = fold.watch;
        if (fold.changes.some(({ change, armed }) => change === 'fired' && armed)) fired.push(index);
        if (index === stop) watch = restoredWatch(watch, at + downS * SECOND);
      });
      const first = follow(rule, trace).fired[0];
      const [early] = fired;
      if (early === undefined) return;
      expect(first).toBeDefined();
      expect(trace[early]?.at).toBeGreaterThanOrEqual(first ?? 0);
    }),
    runs,
  );
});
