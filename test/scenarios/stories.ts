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
}

const twoSteps = ['note', 'move'].map((kind) => ({ kind, options: {}, deadlineMs: MINUTE, retries: 1 }));

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
