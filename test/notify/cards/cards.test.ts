import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { tallyOf } from '../../../src/domain/data-integrity.ts';
import { aRelease, anEffect } from '../../fakes/daemon-views.ts';
import { card, details } from '../../../src/notify/slack/card/card.ts';
import type { CardView } from '../../../src/notify/slack/card/view.ts';
import { brokenRules, textsIn } from './block-kit-rules.ts';
import { plan, question, stages, view } from './stages.ts';

const names = Object.keys(stages);

test.each(names)('%s looks exactly like its fixture', (name) => {
  const written = readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), 'utf8');

  expect(card(stage(name))).toEqual(JSON.parse(written));
});

test.each(names)('%s is taken by Slack', (name) => {
  expect(brokenRules(card(stage(name)))).toEqual([]);
});

/** What a label is followed by. */
function answered(name: string, label: RegExp): string {
  const lines = said(stage(name)).split('\n');
  return lines.find((line) => label.test(line)) ?? '';
}

/** The card as one text. */
function said(of: CardView): string {
  return textsIn(card(of).blocks).join('');
}

function stage(name: string): CardView {
  const found = stages[name];
  if (found === undefined) throw new Error(`there is no stage ${name}`);
  return found;
}

test('a card says in one line what became of the records', () => {
  const ended = stage('rolled-back');
  const thing = { name: 'orders', before: 9, after: 8, lost: 1, corrupted: 0, orphaned: null, how: 'rows' };
  const incident = { ...ended.incident, integrity: [thing], data: tallyOf([thing]) };

  expect(said({ ...ended, incident })).toContain('Data: 1 lost, 0 corrupted, orphaned not counted');
  expect(said(ended)).not.toContain('Data:');
});

test('a locked screen says once how an incident ended', () => {
  const ended = stage('rolled-back');
  const reason = 'rolled back and verified: shop/health: answered 200';

  expect(card({ ...ended, incident: { ...ended.incident, reason } }).text).toBe(
    'HIGH backend i-7k3f9a: rolled back and verified after 8m. shop/health: answered 200',
  );
});

describe('whoever reads only the card knows', () => {
  test.each(names)(
    'of %s what is broken, since when, what is done, what is asked and what otherwise',
    (name) => {
      expect(answered(name, /Broken:|broken:/)).toContain('of requests');
      expect(answered(name, /Since:|Lasted:/)).not.toBe('');
      expect(answered(name, /done(?: if approved)?:|done, |completed:|not done:/i)).not.toBe('');
      expect(answered(name, /Asked of you:/)).not.toBe('');
      expect(answered(name, /If (?:you do nothing|nobody answers):|it is over/)).not.toBe('');
    },
  );

  test('of a question until when it can be answered, and by whom', () => {
    expect(answered('asking', /Asked of you/)).toBe('Asked of you: approve or reject; needs one approver.');
    expect(answered('asking', /Until/)).toBe('Until:  (15m in all; 10 more minutes can be had 3 times)');
    expect(JSON.stringify(card(stage('asking')).blocks)).toContain(
      '"timestamp":1767615361,"format":"{date_short_pretty} at {time_secs}","fallback":"2026-01-05 12:16:01 UTC"',
    );
  });

  test('what happens to a question without an answer', () => {
    const otherwise = ['rollback', 'monitor', 'investigate', 'hand_over'].map((word) => {
      const asking = view({ state: 'asking', plan, question: question({ otherwise: word }) });
      return /If nobody answers: (.*)/.exec(said(asking))?.[1];
    });

    expect(otherwise).toEqual([
      'it is rolled back by itself, as planned here',
      'nothing is rolled back, it stays broken and is only watched',
      'nothing is rolled back, it stays broken and people are reminded until somebody takes it',
      'nothing is rolled back, it stays broken until a person acts: rollbackd hands it over',
    ]);
  });

  test('that a playbook without a release, or from nothing known, is what it is', () => {
    const of = (given: object) =>
      /Will be done if approved: (.*?),/.exec(
        said(view({ state: 'asking', plan: { ...plan, ...given }, question: question() })),
      )?.[1];

    expect(of({ to: null })).toBe('playbook layra/service on backend');
    expect(of({ from: null, to: aRelease({ name: 'shop:1' }) })).toBe('rollback of backend to shop:1');
  });
});

describe('buttons', () => {
  const buttonsOf = (of: CardView) =>
    card(of).blocks.flatMap((block) => (block.type === 'actions' ? block.elements : []));

  test('are there while the question is open, and carry its ticket and nothing else', () => {
    expect(buttonsOf(stage('asking')).map(({ action_id, value }) => [action_id, value])).toEqual(
      ['approve', 'reject', 'hand_over', 'prolong', 'view'].map((id) => [id, question().ticket]),
    );
  });

  test('are gone in every other state', () => {
    const withButtons = names.filter((name) => buttonsOf(stage(name)).length > 0);

    expect(withButtons).toEqual(['asking', 'asking-destructive', 'prolonged', 'asking-halted']);
  });

  test('are gone when the question that was open is no longer asked', () => {
    const over = view({ state: 'judging', plan, question: question() });

    expect(buttonsOf(over)).toEqual([]);
  });

  test('cannot be there without a ticket', () => {
    expect(buttonsOf(view({ state: 'asking', plan, question: question({ ticket: '' }) }))).toEqual([]);
  });

  test('10 more minutes are offered only while there are some', () => {
    const last = view({ state: 'asking', plan, question: question({ prolongs: 0 }) });

    expect(buttonsOf(last).map(({ action_id }) => action_id)).toEqual([
      'approve',
      'reject',
      'hand_over',
      'view',
    ]);
    expect(said(last)).toContain('it cannot be prolonged');
  });

  test('approving is not offered while nothing may start, and the card says why', () => {
    const halted = stage('asking-halted');

    expect(buttonsOf(halted).map(({ action_id }) => action_id)).toEqual([
      'reject',
      'hand_over',
      'prolong',
      'view',
    ]);
    expect(said(halted)).toContain(
      'Halted: halted by bob: inventory; it cannot be approved until rollbackd unhalt; its time goes on',
    );
  });

  test('approving what destroys data is confirmed, naming the target and what is destroyed', () => {
    const [approve, ...others] = buttonsOf(stage('asking-destructive'));

    expect(approve?.style).toBe('danger');
    expect(approve?.confirm?.title.text).toBe('Destroy data of backend?');
    expect(approve?.confirm?.text.text).toBe(
      'This cannot be undone on backend: replace the rows of table orders with the snapshot of 11:00',
    );
    expect(others.map(({ confirm }) => confirm)).toEqual([undefined, undefined, undefined, undefined]);
    expect(buttonsOf(stage('asking'))[0]?.confirm).toBeUndefined();
  });

  test('a dialog with the details has none', () => {
    expect(details(stage('asking')).filter(({ type }) => type === 'actions')).toEqual([]);
    expect(details(stage('asking')).length).toBe(card(stage('asking')).blocks.length - 1);
  });
});

test('of many long steps as many are shown as Slack takes in a block', () => {
  const failed = stage('failed');
  const { incident } = failed;
  const long = 'x'.repeat(500);
  const effects = Array.from({ length: 12 }, (_, step) => ({
    ...anEffect({ step, state: 'failed', detail: long }),
    opId: `i-7k3f9a/${plan.digest}/${step}/1`,
  }));
  const made = {
    ...failed,
    incident: { ...incident, effects, plan: { ...plan, steps: Array(12).fill(long) } },
  };

  expect(brokenRules(card(made))).toEqual([]);
  expect(said(made)).toContain('… and 6 more (cut)');
});

test('a page in a browser is offered while it can be answered there', () => {
  const page = 'https://rollbackd.example/approve/x';
  const linked = (of: CardView) => JSON.stringify(card(of).blocks).includes(page);

  expect(linked({ ...stage('asking'), page })).toBe(true);
  expect(linked({ ...stage('rejected'), page })).toBe(false);
  expect(linked({ ...stage('asking'), page: `${page}${'x'.repeat(3_000)}` })).toBe(false);
  expect(linked({ ...stage('asking'), page: `javascript:${page}` })).toBe(false);
});
