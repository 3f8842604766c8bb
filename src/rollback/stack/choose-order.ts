import type { StackRecord } from '../../clients/compose/record.ts';
import { whyNotBeside } from '../docker/overlap.ts';
import { definitionOf, jobsOf } from './order.ts';
import type { Member, Order } from './stand.ts';
import type { Rollout } from './task.ts';

interface Replaced {
  readonly service: string;
  readonly others: readonly Member[];
  /** How many there are to be. */
  readonly count: number;
}

/** How a service that has to move does so. Taking back is never done beside: what failed is to go. */
export function chooseOrder(
  { service, others, count }: Replaced,
  { record, undo, pace }: Pick<Rollout, 'record' | 'undo' | 'pace'>,
): Order {
  if (jobsOf(record).has(service)) return { how: 'created', count: 1 };
  const beside = !undo && pace.startFirst && whyOneAfterTheOther(service, others, record) === null;
  return { how: beside ? 'beside' : 'replace', count };
}

/** Why the recorded containers of a service cannot run beside the present ones for a moment, or null if they can. */
export function whyOneAfterTheOther(
  service: string,
  present: readonly Member[],
  record: StackRecord,
): string | null {
  const wanted = record.services[service];
  if (wanted === undefined || present.length === 0) return 'there is none that runs';
  if (present.some(({ container }) => container.status !== 'running')) return 'it does not run';
  if ('container_name' in definitionOf(record, service)) return 'its container has a name of its own';
  for (const { container } of present) {
    const why = whyNotBeside(container, wanted.specification);
    if (why !== null) return why;
  }
  return null;
}
