import type { AskedView, IncidentView, PlanView, QuestionView } from '../../../src/domain/ports/daemon.ts';
import { MINUTE, SECOND } from '../../../src/domain/time.ts';
import { start } from '../../fakes/clock.ts';
import { anIncident, aPlan, aRelease } from '../../fakes/daemon-views.ts';

export const ticketId = 'VqSZ8-ZJ3_k1p0a7cQb2Xw';

export interface Given {
  readonly question?: Partial<QuestionView>;
  readonly plan?: Partial<PlanView>;
  readonly incident?: Partial<IncidentView>;
  readonly current?: boolean;
  /** Instant that everything is told from. */
  readonly at?: number;
}

/** A question that is open: the error rate of a shop went up four minutes ago, and people are asked. */
export function aQuestion({ question, plan, incident, current = true, at = start }: Given = {}): AskedView {
  const asked: QuestionView = {
    id: 'i-7k3f9a/1',
    ticket: ticketId,
    planDigest: '9f8e7d6c5b4a3210',
    askedAt: at - 2 * MINUTE,
    dueAt: at + 13 * MINUTE,
    prolongs: 3,
    halted: null,
    otherwise: 'hand_over',
    needs: { people: 1, role: 'approver' },
    answers: [],
    state: 'open',
    endedBecause: '',
    ...question,
  };
  return {
    ticket: {
      id: ticketId,
      incident: 'i-7k3f9a',
      question: 'i-7k3f9a/1',
      planDigest: '9f8e7d6c5b4a3210',
      at: at - 2 * MINUTE,
    },
    current,
    incident: anIncident({
      severity: 'high',
      state: 'asking',
      reason: 'HIGH asks first',
      openedAt: at - 3 * MINUTE,
      levels: [
        {
          rule: 'layra/api-error-rate',
          subject: 'backend',
          severity: 'high',
          since: at - 4 * MINUTE,
          firedAt: at - 3 * MINUTE,
          detail: '31% of requests',
          condition: 'above 10% for 1m',
          recoveredAt: null,
        },
      ],
      series: [errorRate(at)],
      question: asked,
      plan: aPlan({
        from: aRelease({ name: 'shop:2.4.0', standing: 'unproven' }),
        to: aRelease({ name: 'shop:2.3.1' }),
        steps: ['keep 500 log lines of backend', 'recreate container backend from shop:2.3.1'],
        ...plan,
      }),
      ...incident,
    }),
  };
}

function errorRate(at: number): IncidentView['series'][number] {
  const shares = [1, 2, 1, 1, 2, 1, 3, 2, 9, 18, 24, 29, 33, 31, 34, 30, 36, 34];
  return {
    rule: 'layra/api-error-rate',
    subject: 'backend',
    summary: 'Share of API requests answered with 5xx',
    levels: [{ severity: 'high', condition: 'above 10% for 1m', threshold: 0.1 }],
    readings: shares.map((share, index) => ({
      at: at - (shares.length - index) * 30 * SECOND,
      value: share / 100,
      verdict: 'value' as const,
      detail: `${share}% of requests`,
    })),
  };
}
