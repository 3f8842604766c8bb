import type { StackRecord } from '../../clients/compose/record.ts';
import { chooseOrder } from './choose-order.ts';
import { followers, inOrder, neededBy } from './order.ts';
import { isAs, isMade, orderOf, type Member, type Order } from './stand.ts';
import type { Rollout } from './task.ts';

/** How many containers of a service Compose is to make, and in which way. */
export interface Up {
  readonly service: string;
  readonly order: Order;
  readonly scale: number;
}

interface Made {
  readonly service: string;
  readonly made: readonly Member[];
}

/** What can be done at one time. */
export type Move =
  /** One call of Compose for services that go the same way. */
  | { readonly do: 'up'; readonly how: Order['how']; readonly services: readonly Up[] }
  | { readonly do: 'await_health'; readonly services: readonly Made[] }
  | { readonly do: 'take_away'; readonly member: Member }
  | { readonly do: 'rename'; readonly member: Member; readonly to: string };

type Part =
  | ({ readonly do: 'up' } & Up)
  | ({ readonly do: 'await_health' } & Made)
  | Extract<Move, { do: 'take_away' | 'rename' }>;

/** What this run has found out. Losing it in a crash costs a question, never a mistake. */
export interface Progress {
  readonly proven: ReadonlySet<string>;
  readonly brought: ReadonlySet<string>;
}

export const noProgress: Progress = { proven: new Set(), brought: new Set() };

/**
 * What can be done next on the way to the recorded release, from where the stack stands; nothing at its end. Each service
 * after those that it depends on, and all at once that wait for none:
 *
 *   replace   up (Compose replaces the containers) · healthy?
 *   beside    up, beside those that run · healthy? · stop and remove the others
 *   created   made and not started: jobs that others wait for are not run again
 *
 * and, at the end, services that the release does not have are stopped and removed. What is as recorded is left alone.
 * Compose is called alone, and for as many services as possible: each call costs about as much as making a container.
 *
 * @param room how many services may run twice at one time
 */
export function nextMoves(
  members: readonly Member[],
  progress: Progress,
  rollout: Rollout,
  room: number,
): readonly Move[] {
  const open = stands(members, rollout).flatMap((stand) => {
    const parts = serviceParts(stand, progress, rollout);
    return parts.length === 0 ? [] : [{ stand, parts }];
  });
  const first = open[0];
  if (first === undefined) return rollout.only === null ? extras(members, rollout.record) : [];
  const unfinished = new Set(open.map(({ stand }) => stand.service));
  const free = open.filter(({ stand }) => unfinished.isDisjointFrom(neededBy(rollout.record, stand.service)));
  const ready = free.length === 0 ? [first] : free;
  const twice = ready.filter(({ stand }) => runsTwice(stand)).map(({ stand }) => stand.service);
  const parts = ready.flatMap((one) => one.parts);
  const up = upTogether(parts, { twice, room: room - twice.length });
  return up === null ? restTogether(parts) : [up];
}

/** The services that have to move, each after those that it depends on. */
function stands(members: readonly Member[], { record, opId, undo, only }: Rollout): readonly ServiceStand[] {
  const moved = new Set<string>();
  return inOrder(record).flatMap((service) => {
    const own = members.filter((member) => member.service === service);
    const made = own.filter((member) => isMade(member, opId, undo));
    const others = own.filter((member) => !made.includes(member));
    if (only !== null && !only.includes(service)) return [];
    if (made.length === 0 && only === null && !mustMove(service, others, moved, record)) return [];
    const ours = others.filter((member) => undo && isMade(member, opId, false));
    const count = ours.map(orderOf).find((order) => order !== null)?.count ?? Math.max(others.length, 1);
    const stand = { service, made, others, count };
    if (isLeftAlone(stand, ours, moved, record)) return [{ ...stand, surplus: ours }];
    moved.add(service);
    return [{ ...stand, surplus: [] }];
  });
}

/** Whether those that ran are all there yet beside the ones that are to go: the way back then stops none of them. */
function isLeftAlone(
  { service, made, others, count }: Omit<ServiceStand, 'surplus'>,
  ours: readonly Member[],
  moved: ReadonlySet<string>,
  record: StackRecord,
): boolean {
  const before = others.filter((member) => !ours.includes(member));
  if (made.length > 0 || ours.length === 0 || before.length !== count) return false;
  const runs = before.every(({ container }) => container.status === 'running');
  return runs && !mustMove(service, before, moved, record);
}

function runsTwice({ made }: ServiceStand): boolean {
  return made.some((member) => orderOf(member)?.how === 'beside');
}

/** One call of Compose, or null where none is due. No more services run twice at one time than there is room for. */
function upTogether(
  parts: readonly Part[],
  { twice, room }: { readonly twice: readonly string[]; readonly room: number },
): Extract<Move, { do: 'up' }> | null {
  const ups = parts.filter((part) => part.do === 'up');
  const begun = ups.filter(({ service, order }) => order.how !== 'beside' || twice.includes(service));
  const beside = ups.filter((up) => !begun.includes(up)).slice(0, Math.max(room, 0));
  const due = [...begun, ...beside];
  const how = due[0]?.order.how;
  if (how === undefined) return null;
  const services = due
    .filter(({ order }) => order.how === how)
    .map(({ service, order, scale }) => ({ service, order, scale }));
  return { do: 'up', how, services };
}

function restTogether(parts: readonly Part[]): readonly Move[] {
  const waits = parts.filter((part) => part.do === 'await_health');
  const services = waits.map(({ service, made }) => ({ service, made }));
  const others = parts.filter((part) => part.do === 'take_away' || part.do === 'rename');
  return services.length === 0 ? others : [{ do: 'await_health', services }, ...others];
}

function extras(members: readonly Member[], { services }: StackRecord): readonly Move[] {
  return members.filter(({ service }) => !(service in services)).map(takeAway);
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
  /** How many there are to be. */
  readonly count: number;
  /** On the way back: made beside those that ran and still run as they did. */
  readonly surplus: readonly Member[];
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

function serviceParts(stand: ServiceStand, progress: Progress, rollout: Rollout): readonly Part[] {
  const { service, made, others, surplus } = stand;
  if (surplus.length > 0) return surplus.map(takeAway);
  const first = made[0];
  const halfway = halfwayOf(stand, rollout);
  if (halfway !== undefined) return [finishReplacing(halfway, [...made, ...others])];
  const order = (first === undefined ? null : orderOf(first)) ?? chooseOrder(stand, rollout);
  const scale = order.how === 'beside' ? others.length + order.count : order.count;
  const waiting = made.some(({ container }) => container.status === 'created') && order.how !== 'created';
  const unfinished = made.length < order.count || waiting || (order.how !== 'beside' && others.length > 0);
  if (unfinished && !progress.brought.has(service)) return [{ do: 'up', service, order, scale }];
  if (order.how !== 'created' && !progress.proven.has(service))
    return [{ do: 'await_health', service, made }];
  return others.map(takeAway);
}

/** One that Compose was cut off at, on the way there or before the way back was begun. */
function halfwayOf({ made, others }: ServiceStand, { opId, undo }: Rollout): Member | undefined {
  const ours = [...made, ...others.filter((member) => isMade(member, opId, !undo))];
  return ours.find(({ container }) => properName(container.name) !== null);
}

/**
 * Compose gives a container that replaces another one a name of its own, until that one is removed. Killed in between, it
 * trips over that container when it is run again: it is removed if the other one is still there, and else named.
 */
function finishReplacing(
  halfway: Member,
  own: readonly Member[],
): Extract<Part, { do: 'take_away' | 'rename' }> {
  const to = properName(halfway.container.name) ?? '';
  const isTaken = own.some(({ container }) => container.name === to);
  return isTaken ? takeAway(halfway) : { do: 'rename', member: halfway, to };
}

function properName(name: string): string | null {
  return /^[0-9a-f]{12}_(.+)$/.exec(name)?.[1] ?? null;
}

function takeAway(member: Member): Extract<Move, { do: 'take_away' }> {
  return { do: 'take_away', member };
}
