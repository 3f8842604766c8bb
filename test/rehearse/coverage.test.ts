import { expect, test } from 'vitest';
import { CoverageTally } from '../../src/rehearse/coverage.ts';
import { Film } from '../../src/rehearse/film.ts';
import type { BreachPhase } from '../../src/domain/breach.ts';
import type { RuleView } from '../../src/domain/ports/daemon.ts';
import { aLevel, aRule } from '../fakes/daemon-views.ts';
import { ruleOf } from '../scenarios/watching.ts';

const errors = ruleOf('errors', { levels: { critical: {}, high: {} } });
const memory = ruleOf('memory', { levels: { critical: {} } });

/** A test in which rules were seen like this. */
function film(...views: readonly RuleView[]): Film {
  const seen = new Film();
  for (const [at, view] of views.entries()) seen.rule({ at, view, reading: null });
  return seen;
}

function errorsRead(verdict: RuleView['verdict'], critical: BreachPhase, high: BreachPhase): RuleView {
  const levels = [
    aLevel({ severity: 'critical', phase: critical }),
    aLevel({ severity: 'high', phase: high }),
  ];
  return aRule({ rule: errors.id, verdict, levels });
}

test('a level counts once it fired in any test; one that was pending does not', () => {
  const tally = new CoverageTally();
  tally.know([memory, errors]);
  tally.add(film(errorsRead('breach', 'pending', 'firing')));
  tally.add(film(errorsRead('ok', 'pending', 'clear')));

  expect(tally.coverage()).toEqual({
    levels: [
      { rule: errors.id, severity: 'critical', fired: false, quiet: true },
      { rule: errors.id, severity: 'high', fired: true, quiet: true },
      { rule: memory.id, severity: 'critical', fired: false, quiet: false },
    ],
    fired: 1,
    total: 3,
  });
});

test('a level that is recovering has fired', () => {
  const tally = new CoverageTally();
  tally.know([errors]);
  tally.add(film(errorsRead('ok', 'recovering', 'clear')));

  expect(tally.coverage().fired).toBe(1);
});
