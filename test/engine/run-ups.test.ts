import { describe, expect, test } from 'vitest';
import type { LevelChange } from '../../src/domain/breach.ts';
import type { Evaluation } from '../../src/domain/ports/detection.ts';
import type { Reading } from '../../src/domain/reading.ts';
import type { Severity } from '../../src/domain/rule.ts';
import { RunUps } from '../../src/engine/run-ups.ts';
import { ruleOf } from '../scenarios/watching.ts';

type Happened = readonly [subject: string, change: LevelChange['change'], severity?: Severity];

const rule = ruleOf('errors', { levels: { critical: {}, high: {} } });

function evaluation(at: number, subjects: readonly string[], happened: readonly Happened[] = []): Evaluation {
  const reading: Reading = { kind: 'value', at, value: at, detail: `${at}` };
  return {
    at,
    rule,
    readings: new Map(subjects.map((subject) => [subject, reading])),
    verdicts: new Map(),
    changes: happened.map(([subject, change, severity = 'critical']) => ({
      rule: rule.id,
      subject,
      severity,
      change,
      at,
      since: at,
      detail: '',
      condition: '',
      armed: true,
    })),
    watches: [],
    blind: [],
  };
}

/** Instants of the readings handed out at each evaluation. */
function handedOut(
  evaluations: readonly Evaluation[],
  runUps = new RunUps(),
): readonly (readonly number[])[] {
  return evaluations.map((one) => runUps.take(one).map(({ reading }) => reading.at));
}

describe('what was read while a level was pending', () => {
  test('is handed out when it fires, up to that reading, and once', () => {
    expect(
      handedOut([
        evaluation(1, ['shop'], [['shop', 'pending']]),
        evaluation(2, ['shop']),
        evaluation(3, ['shop']),
        evaluation(4, ['shop'], [['shop', 'fired']]),
        evaluation(5, ['shop']),
      ]),
    ).toEqual([[], [], [], [2, 3, 4], []]);
  });

  test('is forgotten when the breach is forgiven', () => {
    expect(
      handedOut([
        evaluation(1, ['shop'], [['shop', 'pending']]),
        evaluation(2, ['shop']),
        evaluation(3, ['shop'], [['shop', 'forgiven']]),
        evaluation(4, ['shop'], [['shop', 'fired']]),
      ]),
    ).toEqual([[], [], [], []]);
  });

  test('is kept on for a graver level that is still pending', () => {
    expect(
      handedOut([
        evaluation(
          1,
          ['shop'],
          [
            ['shop', 'pending', 'high'],
            ['shop', 'pending', 'critical'],
          ],
        ),
        evaluation(2, ['shop'], [['shop', 'fired', 'high']]),
        evaluation(3, ['shop']),
        evaluation(4, ['shop'], [['shop', 'fired', 'critical']]),
        evaluation(5, ['shop']),
        evaluation(6, ['shop'], [['shop', 'fired', 'critical']]),
      ]),
    ).toEqual([[], [2], [], [3, 4], [], []]);
  });

  test('is bounded for one that is pending for very long, and keeps its first and its last', () => {
    const evaluations = Array.from({ length: 20_000 }, (_, at) => evaluation(at + 1, ['shop']));
    const runUps = new RunUps();
    runUps.take(evaluation(0, ['shop'], [['shop', 'pending']]));
    for (const one of evaluations) runUps.take(one);
    const [out = []] = handedOut([evaluation(30_000, ['shop'], [['shop', 'fired']])], runUps);

    expect(out.length).toBeLessThanOrEqual(120);
    expect([out[0], out.at(-1)]).toEqual([1, 30_000]);
  });

  test('is bounded for very many: the one that is pending for longest is let go of', () => {
    const runUps = new RunUps();
    const subjects = Array.from({ length: 401 }, (_, nth) => `target-${nth}`);
    runUps.take(
      evaluation(
        1,
        subjects,
        subjects.map((subject) => [subject, 'pending'] as const),
      ),
    );
    runUps.take(evaluation(2, subjects));
    const out = runUps.take(
      evaluation(
        3,
        subjects,
        subjects.map((subject) => [subject, 'fired'] as const),
      ),
    );

    expect(new Set(out.map(({ subject }) => subject))).toEqual(new Set(subjects.slice(1)));
  });
});
