import type { StackRecord } from '../../clients/compose/record.ts';
import { labels } from '../../clients/docker/marks.ts';
import { textIn } from '../../clients/docker/shape.ts';
import { stackValue } from '../../clients/docker/stack.ts';
import { canonical, digest } from '../../domain/json.ts';
import type { StepFacts } from '../../domain/plan.ts';
import type { StackTarget } from '../../domain/target.ts';
import { changesBetween } from '../docker/changes.ts';
import { chooseOrder, whyOneAfterTheOther } from './choose-order.ts';
import { movesOf } from './next-move.ts';
import { readMembers, type Member } from './stand.ts';
import type { Pace, StackParts } from './task.ts';

/**
 * What is there now. The identity changes when another container, image or configuration runs; health and restarts do
 * not count. Names only: values of environments and labels stay inside the digest.
 *
 * @param record of the release to go to; null where there is none that can be used
 */
export async function surveyStack(
  { docker, vault }: StackParts,
  stack: StackTarget,
  { record, pace }: { readonly record: StackRecord | null; readonly pace: Pace },
  signal: AbortSignal,
): Promise<StepFacts> {
  const members = await readMembers(docker, stack, signal);
  const ids = members.map(({ container }) => container.id).toSorted();
  const moves = record === null ? [] : movesOf(record, members);
  const extra = record === null ? [] : members.filter(({ service }) => !(service in record.services));
  return {
    identity: digest({ ids, release: stackValue(members, vault) }),
    detail: {
      project: stack.project,
      services: [...new Set(members.map(({ service }) => service))].toSorted(),
      changes: [
        ...moves.map((service) => (record === null ? service : changeOf(service, members, record, pace))),
        ...extra.map(({ service }) => `${service} goes: the release has none`),
      ],
    },
  };
}

/** `web: shop:1 instead of shop:2, started before the present one is stopped; env LEVEL changed`. */
function changeOf(service: string, members: readonly Member[], record: StackRecord, pace: Pace): string {
  const wanted = record.services[service];
  const others = members.filter((member) => member.service === service);
  const first = others[0];
  if (wanted === undefined) return service;
  if (first === undefined) return `${service}: ${wanted.label} comes back`;
  const image = first.container.labels[labels.image] ?? textIn(first.container.config['Image']);
  const same = first.container.image === wanted.image;
  const changes = changesBetween(first.specification, wanted.specification);
  const unchanged = same && canonical(first.specification) === canonical(wanted.specification);
  return [
    `${service}: ${same ? wanted.label : `${wanted.label} instead of ${image}`}`,
    orderText(service, others, record, pace),
    ...(changes.length === 0 ? [] : [`; ${changes.join(', ')}`]),
    ...(unchanged && others.length === 1 ? [', because of a service that it hangs on'] : []),
  ].join('');
}

function orderText(service: string, others: readonly Member[], record: StackRecord, pace: Pace): string {
  const { how } = chooseOrder(
    { service, others, count: Math.max(others.length, 1) },
    { record, pace, undo: false },
  );
  if (how === 'created') return ', made but not run: it is a job';
  if (how === 'beside') return ', started before the present one is stopped';
  const why = pace.startFirst ? whyOneAfterTheOther(service, others, record) : null;
  return `, once the present one is stopped${why === null ? '' : `, because ${why}`}`;
}

/** One line for dry runs and approvals, from what the survey found. */
export function stackDescription(project: string, to: string, { detail }: StepFacts): string {
  const changes = Array.isArray(detail['changes']) ? detail['changes'].map(String) : [];
  if (changes.length === 0) return `bring stack ${project} to ${to}: nothing differs from what runs`;
  return `bring stack ${project} to ${to}: ${changes.join(' · ')}`;
}
