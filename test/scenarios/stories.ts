import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { type Watching, watching, type WatchingOptions } from './watching.ts';

/** Something that happens to a daemon which may be killed meanwhile, and how it ends whether it is killed or not. */
export interface Story {
  readonly options: WatchingOptions;
  /** From v2 on, what happens; ends long before `lastsMs`. */
  readonly tell: (w: Watching, at: number) => Promise<void>;
  readonly lastsMs: number;
  readonly ends: string;
  readonly ledger: readonly string[];
  /** Numbers of what was announced, where a communication plan is carried out. */
  readonly announced?: readonly number[];
}

const twoSteps = ['note', 'move'].map((kind) => ({ kind, options: {}, deadlineMs: MINUTE, retries: 1 }));

/** People have 90 s to answer. */
const pressing = {
  'error-rate': {
    measure: 'errors',
    levels: { critical: { above: 0.5, forMs: MINUTE, withinMs: 90 * SECOND } },
  },
};

const outage: WatchingOptions = {
  playbooks: { service: { communication: 'shop/outage' } },
  configuration: {
    communications: {
      'shop/outage': {
        id: 'shop/outage',
        announcements: [
          { afterMs: 0, to: 'internal', when: 'open', say: '${target} is ${state}' },
          { afterMs: 70 * SECOND, to: 'external', when: 'open', say: '${target} has trouble' },
          { afterMs: 2 * MINUTE, to: 'external', when: 'closed', say: '${target} is well again' },
        ],
      },
    },
  },
};

async function isProlonged(w: Watching): Promise<boolean> {
  return (await w.journal('question.prolonged')).length > 0;
}

/** By what they are about. */
export const stories: Readonly<Record<string, Story>> = {
  'an automatic rollback that is verified': {
    options: { playbooks: { service: { steps: twoSteps } } },
    tell: async (w, at) => {
      if (at === 0) w.breaks('v2');
    },
    lastsMs: 150 * SECOND,
    ends: 'closed: rolled_back',
    ledger: ['shop: note', 'shop: v2 → v1'],
  },
  'a rollback that does not help': {
    options: {},
    tell: async (w, at) => {
      if (at === 0) w.world.show('errors', 0.9);
    },
    lastsMs: 170 * SECOND,
    ends: 'handed_over',
    ledger: ['shop: v2 → v1'],
  },
  'a question that is approved': {
    options: { mode: 'approve' },
    tell: async (w, at) => {
      if (at === 0) w.breaks('v2');
      const asks = (await w.state()) === 'asking';
      if (at >= 100 * SECOND && asks) await w.answers('approve');
    },
    lastsMs: 210 * SECOND,
    ends: 'closed: rolled_back',
    ledger: ['shop: v2 → v1'],
  },
  'a question that is prolonged, then handed over': {
    options: { mode: 'approve', rules: pressing, ...outage },
    tell: async (w, at) => {
      if (at === 0) w.breaks('v2');
      if ((await w.state()) !== 'asking') return;
      const { id: incident } = await w.incident();
      // Without it nobody would have been in time.
      if (at === 110 * SECOND && !(await isProlonged(w)))
        await w.asks({ do: 'prolong', incident, planDigest: null });
      if (at >= 200 * SECOND) await w.asks({ do: 'hand_over', incident, note: '' });
    },
    lastsMs: 260 * SECOND,
    ends: 'handed_over',
    ledger: [],
    announced: [1, 2],
  },
  'a breach that ends by itself, and what was announced of it': {
    options: { mode: 'approve', ...outage },
    tell: async (w, at) => {
      if (at === 0) w.breaks('v2');
      if (at === 100 * SECOND) w.world.show('errors', 0);
    },
    lastsMs: 260 * SECOND,
    ends: 'closed: recovered',
    ledger: [],
    announced: [1, 2, 3],
  },
  'a breach that ends by itself': {
    options: { mode: 'approve' },
    tell: async (w, at) => {
      if (at === 0) w.breaks('v2');
      if (at === 100 * SECOND) w.world.show('errors', 0);
    },
    lastsMs: 190 * SECOND,
    ends: 'closed: recovered',
    ledger: [],
  },
};

/** How often a story is told on. */
export const tickMs = 5 * SECOND;

/** A production with `shop` on v1, shortly before the story. */
export function begin(story: Story): Promise<Watching> {
  return watching({ ...story.options, warmUpMs: 3 * MINUTE, targets: { shop: { bakeMs: MINUTE } } });
}
