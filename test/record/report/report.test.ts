import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { MINUTE, SECOND } from '../../../src/domain/time.ts';
import { reportOf } from '../../../src/record/report/report.ts';
import { start } from '../../fakes/clock.ts';
import {
  approved,
  handedOver,
  inputOf,
  journalOf,
  open,
  recovered,
  requested,
  withdrawn,
} from './incidents.ts';

/** What a person would read. */
function expected(name: string): string {
  return readFileSync(new URL(`expected/${name}`, import.meta.url), 'utf8');
}

const incidents = { approved, recovered, handedOver, withdrawn, requested, open };

test.each(Object.entries(incidents))(
  'the report of an incident that was %s reads as it should',
  (name, incident) => {
    const { markdown, html } = reportOf(inputOf(incident));

    expect(markdown).toBe(expected(`${name}.md`));
    expect(html).toBe(expected(`${name}.html`));
  },
);

test('what steps counted of the data they replaced stands in both forms, with how it was counted', () => {
  const carts = {
    name: 'shop_db: <carts>',
    before: 512,
    after: 498,
    lost: 0,
    corrupted: 2,
    orphaned: null,
    how: 'rows and checksums against the set',
  };
  const { markdown, html } = reportOf(inputOf({ ...approved, integrity: [carts] }));

  const [, section = ''] = markdown.split('### Data integrity\n\n');
  expect(section.split('\n').slice(0, 6)).toEqual([
    '3 lost, 2 corrupted (1 of 2 not counted), orphaned not counted.',
    '',
    '| Records | Before | After | Lost | Corrupted | Orphaned | How it was counted |',
    '| --- | ---: | ---: | ---: | ---: | ---: | --- |',
    '| shop\\_db: &lt;carts&gt; | 512 | 498 | 0 | 2 | not counted | rows and checksums against the set |',
    '| orders | 10412 | 10409 | 3 | not counted | not counted | told by a step; lost is before less after |',
  ]);
  expect(html).toContain('<td data-head="Records"><span>shop_db: &lt;carts&gt;</span></td>');
  expect(html).toContain('<p>3 lost, 2 corrupted (1 of 2 not counted), orphaned not counted.</p>');
});

test('a closed incident gives the same report whenever it is asked for', () => {
  const later = { now: start + 90 * MINUTE, head: { seq: 999, hash: 'ff'.repeat(32) } };

  expect(reportOf(inputOf(approved, later))).toEqual(reportOf(inputOf(approved)));
});

test('an open one says as of when, and does not count what has not ended', () => {
  const { markdown } = reportOf(inputOf(open, { now: start + 10 * MINUTE }));

  expect(markdown).toContain('# Interim report on i-7k3f9a: backend, asking\n');
  expect(markdown).toContain('- **Time:** 2026-01-05 12:00:00 UTC, still open at 2026-01-05 12:10:00 UTC\n');
  expect(markdown).toContain(
    '- **Downtime:** at least 11m, from the first breaching reading of the leading level; it is not known to be over\n',
  );
  expect(markdown).toContain(
    '- **Decided by:** nobody yet: the question is open until 2026-01-05 12:15:00 UTC\n',
  );
  expect(markdown).toContain('As of 2026-01-05 12:10:00 UTC; the incident is open. ');
});

test('where no arrival is known, it does not invent one', () => {
  const { markdown } = reportOf(inputOf(approved, { change: null }));

  expect(markdown).toContain('no arrival of a release is known before it; _\\[what else was changed\\]_\n');
});

test('a release that arrived after the breach is said to have', () => {
  const { markdown } = reportOf(
    inputOf(approved, { change: { release: 'shop:2', at: start - 30 * SECOND } }),
  );

  expect(markdown).toContain('2026-01-05 11:59:30 UTC, 30s after the first breaching reading;');
});

test('a backup is ticked only where a step of one was done', () => {
  const undone = requested.effects.map((effect) => ({ ...effect, state: 'failed' as const }));

  expect(reportOf(inputOf(requested)).markdown).toContain(
    '- [x] Additional pre-migration backups taken: step 1, `mysql.backup`, was done at 2026-01-05 12:00:20 UTC\n',
  );
  expect(reportOf(inputOf({ ...requested, effects: undone })).markdown).toContain(
    '- [ ] Additional pre-migration backups taken\n',
  );
});

test('hundreds of entries are told once a kind, and none is lost from sight', () => {
  const journal = journalOf([
    [0, 'incident.opened', 'HIGH on backend'],
    ...Array.from(
      { length: 400 },
      (_, index) => [index, 'answer.refused', `refused for the ${index}th time`] as const,
    ),
    [500, 'incident.closed', 'closed'],
  ]);

  const { markdown } = reportOf(inputOf({ ...approved, journal }));

  expect(markdown).toContain(
    '| 12:00:00 | 42 to 441 | refused for the 0th time (400 of this kind until 12:06:39; the last one: refused for the 399th time) | `answer.refused` |\n',
  );
  expect(markdown).toContain('402 entries in all; those that repeat each other are told once.\n');
  expect(markdown.split('\n').length).toBeLessThan(250);
});

test('a journal that never repeats itself is shown from both ends', () => {
  const journal = journalOf(
    Array.from({ length: 2_000 }, (_, index) => [index, `kind.${index % 2}`, `entry ${index}`] as const),
  );

  const { markdown, html } = reportOf(inputOf({ ...approved, journal }));

  expect(markdown).toContain('| … |  | 1800 rows in between are left out |  |\n');
  expect(markdown).toContain('What was journaled of it after that is not in this report.\n');
  expect(html.length).toBeLessThan(200_000);
});

test('an incident without a plan, levels, readings or entries still has a report', () => {
  const bare = {
    ...withdrawn,
    levels: [],
    decision: null,
    question: null,
    plan: null,
    journal: [],
    rto: null,
  };

  const { markdown } = reportOf(inputOf(bare));

  expect(markdown).toContain('No decision is recorded: the target backend is not configured any more.\n');
  expect(markdown).toContain('No times were recorded.\n');
  expect(markdown).toContain('## Journal\n\nThe journal holds no entry of it.\n');
});

test('evidence is cut to the end of each text, and says so', () => {
  const log = Array.from({ length: 500 }, (_, index) => `line ${index}`).join('\n');

  const { markdown } = reportOf(inputOf({ ...approved, evidence: { 'backend.log': log } }));

  expect(markdown).toContain('**backend.log**, the last 30 of 500 lines:\n\n```text\nline 470\n');
  expect(markdown).not.toContain('line 469');
});
