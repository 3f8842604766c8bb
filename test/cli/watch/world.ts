import type { IncidentView, StatusView } from '../../../src/domain/ports/daemon.ts';
import { noMarks } from '../../../src/domain/incident.ts';
import { MINUTE, SECOND } from '../../../src/domain/time.ts';
import { begin, type WatchEvent, type WatchState, type Wish } from '../../../src/cli/watch/state.ts';
import { update } from '../../../src/cli/watch/update.ts';
import { start } from '../../fakes/clock.ts';
import {
  aLevel,
  anEffect,
  anEntry,
  anIncident,
  aPlan,
  aRelease,
  aRow,
  aRule,
  aTarget,
  emptyStatus,
} from '../../fakes/daemon-views.ts';

// Times are local: everybody's tests read the same ones.
process.env['TZ'] = 'UTC';

/** An evening with one question, one target near its limit, and one that is fine. */

const errorRate = aRule({
  rule: 'layra/api-error-rate',
  verdict: 'breach',
  detail: '31.2% (374 of 1200)',
  levels: [
    aLevel({ phase: 'pending', since: start - 5 * SECOND, progress: '5s of 1m' }),
    aLevel({
      severity: 'high',
      condition: 'above 25% for 1m',
      phase: 'firing',
      since: start - 3 * MINUTE,
      progress: '1m of 1m',
    }),
  ],
});

const row = aRow({
  id: 'i-8a2b1c',
  severity: 'high',
  state: 'asking',
  reason: 'asks because HIGH on backend is for people to decide',
  marks: {
    ...noMarks,
    breachedAt: start - 3 * MINUTE,
    detectedAt: start - 2 * MINUTE,
    decidedAt: start - 2 * MINUTE,
    askedAt: start - 2 * MINUTE,
  },
});

export const status: StatusView = {
  ...emptyStatus,
  open: [row],
  hosts: [
    aRule({
      rule: 'layra/disk-space',
      subject: 'host:a',
      detail: '41% free of /',
      readAt: start - 3 * SECOND,
    }),
  ],
  targets: [
    aTarget({
      name: 'search',
      rules: [
        aRule({
          rule: 'layra/health-check',
          detail: 'HTTP 200',
          subject: 'search',
          levels: [aLevel({ condition: '2 failures in a row' })],
        }),
      ],
    }),
    aTarget({
      name: 'backend',
      incident: 'i-8a2b1c',
      current: aRelease({ name: 'shop:2', current: true, standing: 'unproven' }),
      rules: [
        aRule({
          rule: 'layra/health-check',
          detail: 'HTTP 200',
          levels: [aLevel({ condition: '2 failures in a row' })],
        }),
        errorRate,
      ],
    }),
    aTarget({
      name: 'frontend',
      rules: [
        aRule({
          rule: 'layra/memory',
          subject: 'frontend',
          detail: '86% of its memory limit (440MiB of 512MiB)',
          levels: [aLevel({ condition: 'above 95% for 2m' })],
        }),
        aRule({ rule: 'layra/latency', subject: 'frontend', verdict: 'no_data', detail: 'empty result' }),
      ],
    }),
  ],
};

export const asking: IncidentView = anIncident({
  ...row,
  levels: [
    {
      rule: 'layra/api-error-rate',
      subject: 'backend',
      severity: 'high',
      since: start - 3 * MINUTE,
      firedAt: start - 2 * MINUTE,
      detail: '31.2% (374 of 1200)',
      condition: 'above 25% for 1m',
      recoveredAt: null,
    },
  ],
  plan: aPlan({}),
  question: {
    id: 'i-8a2b1c.1',
    ticket: 'q8Zc0w1mSx2fJ7kPqT5hVA',
    planDigest: '9f8e7d6c5b4a3210',
    askedAt: start - 2 * MINUTE,
    dueAt: start + 13 * MINUTE,
    prolongs: 3,
    halted: null,
    otherwise: 'hand_over',
    needs: { people: 1, role: 'approver' },
    answers: [],
    state: 'open',
    endedBecause: '',
  },
  rto: {
    detection: { actualMs: 60_000, objectiveMs: 80_000 },
    decision: { actualMs: 0, objectiveMs: 120_000 },
    people: { actualMs: null, objectiveMs: null },
    rollback: { actualMs: null, objectiveMs: 300_000 },
    verification: { actualMs: null, objectiveMs: 180_000 },
    total: { actualMs: null, objectiveMs: 600_000 },
    total_without_people: { actualMs: null, objectiveMs: 600_000 },
  },
  journal: [
    anEntry({ seq: 41, at: start - 2 * MINUTE, message: 'HIGH on backend: layra/api-error-rate: 31.2%' }),
    anEntry({
      seq: 42,
      at: start - 2 * MINUTE,
      type: 'plan.built',
      message: 'plan 9f8e7d6c5b4a3210: shop:2 → shop:1',
    }),
    anEntry({
      seq: 43,
      at: start - 2 * MINUTE,
      type: 'question.asked',
      message: 'may I roll backend back to shop:1?',
    }),
  ],
});

/** Approved; the second step runs for so long already. */
export function rollingBack(seconds: number): IncidentView {
  const begun = start + 10 * SECOND;
  return {
    ...asking,
    state: 'rolling_back',
    reason: 'rolling backend back, approved by alice',
    marks: { ...asking.marks, answeredAt: begun, firstEffectAt: begun },
    question: asking.question && {
      ...asking.question,
      state: 'approved',
      answers: [{ by: 'alice', answer: 'approve', at: begun }],
    },
    effects: [
      anEffect({ startedAt: begun, endedAt: begun + 1_200, incident: 'i-8a2b1c' }),
      anEffect({
        step: 1,
        kind: 'docker.rollback',
        state: 'started',
        startedAt: begun + 2 * SECOND,
        endedAt: null,
      }),
    ],
    journal: [
      ...asking.journal,
      anEntry({ seq: 44, at: begun, type: 'question.answered', message: 'approved by alice' }),
      anEntry({
        seq: 45,
        at: begun + seconds,
        type: 'effect.started',
        message: 'step 2 of 2, docker.rollback: started',
      }),
    ],
  };
}

/** What one screen went through. */
export interface Seen {
  readonly state: WatchState;
  readonly wishes: readonly Wish[];
}

/** A screen that looked once, and what happened to it since. */
export function seen(events: readonly WatchEvent[] = [], incident: IncidentView = asking): Seen {
  let state = begin(status, start);
  const wishes: Wish[] = [];
  for (const event of [
    { type: 'status', status, at: start } as const,
    { type: 'incident', id: incident.id, incident, at: start } as const,
    ...events,
  ]) {
    const updated = update(state, event);
    state = updated.state;
    wishes.push(...updated.wishes);
  }
  return { state, wishes };
}

/** Keys as somebody presses them: characters, or `<enter>` and the like. */
export function keys(typed: string, at = start): readonly WatchEvent[] {
  return [...typed.matchAll(/<(\w+)>|([\s\S])/gu)].map(([, name, character]): WatchEvent => {
    const key =
      name === undefined
        ? { name: 'character' as const, character: character ?? '' }
        : { name: name as 'enter' };
    return { type: 'key', key, at };
  });
}
