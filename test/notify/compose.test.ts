import { expect, test } from 'vitest';
import { noMarks } from '../../src/domain/incident.ts';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { compose } from '../../src/notify/compose.ts';
import { start } from '../fakes/clock.ts';
import { aRow } from '../fakes/daemon-views.ts';

const marks = { ...noMarks, breachedAt: start - 62 * SECOND, detectedAt: start - 2 * SECOND };

test('an opened incident tells value, threshold and how long it took to notice', () => {
  const message = compose({
    transition: {
      at: start,
      type: 'incident.opened',
      message: 'CRITICAL on backend: the share of 5xx is too high',
      facts: { detail: '61.2% of requests', condition: 'above 50% for 1m' },
    },
    incident: aRow({ state: 'judging', reason: 'layra/api-error-rate: 61.2% of requests', marks }),
    channel: 'slack',
  });

  expect(message).toEqual({
    key: `i-7k3f9a/incident.opened/${start}/slack`,
    channel: 'slack',
    incident: 'i-7k3f9a',
    at: start,
    title: 'CRITICAL backend i-7k3f9a: the share of 5xx is too high',
    text: [
      'rule: layra/api-error-rate, 61.2% of requests, threshold above 50% for 1m',
      'why: layra/api-error-rate: 61.2% of requests',
      'so far: detection 1m, 1m2s in all',
      'more: rollbackd show i-7k3f9a',
    ].join('\n'),
    urgent: true,
  });
});

test('a question tells the plan, the deadline, and the commands that answer it', () => {
  const message = compose({
    transition: {
      at: start,
      type: 'question.asked',
      message: 'roll back shop:2 → shop:1?',
      facts: {
        from: 'shop:2 (r-2)',
        to: 'shop:1 (r-1)',
        steps: ['capture logs', 'recreate container backend'],
        planDigest: '9f8e7d6c5b4a3210',
        dueAt: start + 15 * MINUTE,
        otherwise: 'hand_over',
        people: 2,
      },
    },
    incident: aRow({
      severity: 'high',
      state: 'asking',
      reason: 'HIGH asks people',
      marks: { ...marks, decidedAt: start - SECOND, askedAt: start - SECOND },
    }),
    channel: 'slack',
  });

  expect(message.urgent).toBe(true);
  expect(message.text).toBe(
    [
      'rule: layra/api-error-rate',
      'release: shop:2 (r-2) → shop:1 (r-1)',
      'why: HIGH asks people',
      'so far: detection 1m, decision 1s, 1m2s in all',
      'step 1: capture logs',
      'step 2: recreate container backend',
      'answer until 2026-01-05 12:15:00 UTC, otherwise hand over',
      'needs 2 people',
      'approve: rollbackd approve i-7k3f9a --plan 9f8e7d6c5b4a3210',
      'reject: rollbackd reject i-7k3f9a --plan 9f8e7d6c5b4a3210',
      'more: rollbackd show i-7k3f9a',
    ].join('\n'),
  );
});

test('the commands stand only where there is an open question', () => {
  const { text } = compose({
    transition: {
      at: start,
      type: 'question.expired',
      message: 'nobody answered',
      facts: { planDigest: 'd1', to: 'shop:1 (r-1)' },
    },
    incident: aRow({ state: 'handed_over', marks: noMarks }),
    channel: 'log',
  });

  expect(text).toContain('\nrelease: back to shop:1 (r-1)\n');
  expect(text).not.toContain('approve');
  expect(text).not.toContain('so far');
});

test('a closed incident tells every phase and the head of the journal, and is not urgent', () => {
  const message = compose({
    transition: {
      at: start,
      type: 'incident.closed',
      message: 'rolled back and verified',
      facts: { from: 'shop:2 (r-2)', to: 'shop:1 (r-1)', head: '41:ab12cd' },
    },
    incident: aRow({
      state: 'closed',
      outcome: 'rolled_back',
      closedAt: start,
      reason: 'rolled back and verified',
      marks: {
        breachedAt: start - 300 * SECOND,
        detectedAt: start - 240 * SECOND,
        decidedAt: start - 240 * SECOND + 300,
        askedAt: null,
        answeredAt: null,
        firstEffectAt: start - 239 * SECOND,
        lastEffectAt: start - 200 * SECOND,
        verifiedAt: start,
      },
    }),
    channel: 'slack',
  });

  expect(message.urgent).toBe(false);
  expect(message.text).toBe(
    [
      'rule: layra/api-error-rate',
      'release: shop:2 (r-2) → shop:1 (r-1)',
      'so far: detection 1m, decision 300ms, rollback 39s, verification 3m20s, 5m in all',
      'journal head: 41:ab12cd',
      'more: rollbackd show i-7k3f9a',
    ].join('\n'),
  );
});

test('a hand-over tells what a person would type', () => {
  const message = compose({
    transition: {
      at: start,
      type: 'incident.handed_over',
      message: 'the old release did not become healthy',
      facts: { byHand: ['docker start backend-1', 7] },
    },
    incident: aRow({ severity: 'medium', state: 'handed_over', marks: noMarks, reason: '' }),
    channel: 'log',
  });

  expect(message.urgent).toBe(true);
  expect(message.text).toContain('\nby hand: docker start backend-1\nmore: ');
});
