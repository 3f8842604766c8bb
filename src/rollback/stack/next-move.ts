import type { StackRecord } from '../../clients/compose/record.ts';
import { whyNotBeside } from '../docker/overlap.ts';
import { definitionOf, followers, inOrder, jobsOf } from './order.ts';
import { isAs, isMade, orderOf, type Member, type Order } from './stand.ts';
import type { Rollout } from './task.ts';

/** One call, or the end. */
export type Move =
  | { readonly do: 'up'; readonly service: string; readonly order: Order; readonly scale: number }
  | { readonly do: 'await_health'; readonly service: string; readonly made: readonly Member[] }
  | { readonly do: 'hold_down' | 'stop' | 'remove'; readonly member: Member }
  | { readonly do: 'rename'; readonly member: Member; readonly to: string }
  | { readonly do: 'end' };

/** What this run has found out. Losing it in a crash costs a question, never a mistake. */
export interface Progress {
  readonly proven: ReadonlySet<string>;
  readonly brought: ReadonlySet<string>;
}

export const noProgress: Progress = { proven: new Set(), brought: new Set() };

/**
 * The next call on the way to the recorded release, from where the stack stands. Service by service, each after those
 * that it depends on:
 *
 *   replace   up (Compose replaces the containers) · healthy?
 *   beside    up, beside those that run · healthy? · stop and remove the others
 *   created   made and not started: jobs that others wait for are not run again
 *
 * and, at the end, services that the release does not have are stopped and removed. What is as recorded is left alone.
 */
export function nextMove(members: readonly Member[], progress: Progress, rollout: Rollout): Move {
  const { record, opId, undo, only } = rollout;
  const moved = new Set<string>();
  for (const service of inOrder(record)) {
    const own = members.filter((member) => member.service === service);
    const made = own.filter((member) => isMade(member, opId, undo));
    const others = own.filter((member) => !made.includes(member));
    if (only !== null && !only.includes(service)) continue;
    if (made.length === 0 && only === null && !mustMove(service, others, moved, record)) continue;
    moved.add(service);
    const move = serviceMove({ service, made, others }, progress, rollout);
    if (move !== null) return move;
  }
  if (only !== null) return { do: 'end' };
  const extra = members.find(({ service }) => !(service in record.services));
  return extra === undefined ? { do: 'end' } : takeAway(extra);
}

/** The services that the way to a release touches, from how things stand before it. */
export function movesOf(record: StackRecord, members: readonly Member[]): readonly string[] {
  const moved = new Set<string>();
  for (const service of inOrder(record)) {
    const own = members.filter((member) => member.service === service);
    if (mustMove(service, own, moved, record)) moved.add(service);
  }
  return [...moved];
}

interface ServiceStand {
  readonly service: string;
  readonly made: readonly Member[];
  readonly others: readonly Member[];
}

function mustMove(
  service: string,
  others: readonly Member[],
  moved: ReadonlySet<string>,
  record: StackRecord,
): boolean {
  const wanted = record.services[service];
  if (wanted === undefined) return false;
  if (others.length === 0 || others.some((member) => !isAs(member, wanted))) return true;
  return [...moved].some((other) => followers(record, other).includes(service));
}

function serviceMove(stand: ServiceStand, progress: Progress, rollout: Rollout): Move | null {
  const { service, made, others } = stand;
  const first = made[0];
  const halfway = made.find(({ container }) => properName(container.name) !== null);
  if (halfway !== undefined) return finishReplacing(halfway, others);
  const order = (first === undefined ? null : orderOf(first)) ?? chooseOrder(stand, rollout);
  const scale = order.how === 'beside' ? others.length + order.count : order.count;
  const waiting = made.some(({ container }) => container.status === 'created') && order.how !== 'created';
  const unfinished = made.length < order.count || waiting || (order.how !== 'beside' && others.length > 0);
  if (unfinished && !progress.brought.has(service)) return { do: 'up', service, order, scale };
  if (order.how !== 'created' && !progress.proven.has(service)) return { do: 'await_health', service, made };
  const left = others[0];
  return left === undefined ? null : takeAway(left);
}

/**
 * Compose gives a container that replaces another one a name of its own, until that one is removed. Killed in between, it
 * trips over that container when it is run again: it is removed if the other one is still there, and else named.
 */
function finishReplacing(halfway: Member, others: readonly Member[]): Move {
  const to = properName(halfway.container.name) ?? '';
  const isTaken = others.some(({ container }) => container.name === to);
  return isTaken ? takeAway(halfway) : { do: 'rename', member: halfway, to };
}

function properName(name: string): string | null {
  return /^[0-9a-f]{12}_(.+)$/.exec(name)?.[1] ?? null;
}

/** How a service that has to move does so. Taking back is never done beside: what failed is to go. */
export function chooseOrder(
  { service, others }: Omit<ServiceStand, 'made'>,
  { record, undo, pace }: Pick<Rollout, 'record' | 'undo' | 'pace'>,
): Order {
  const count = Math.max(others.length, 1);
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

function takeAway(member: Member): Move {
  const { container } = member;
  // An engine that restarts must not bring back what was stopped.
  if (container.restartPolicy.name !== 'no') return { do: 'hold_down', member };
  return { do: container.up ? 'stop' : 'remove', member };
}
