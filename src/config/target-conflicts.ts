import { canonical } from '../domain/json.ts';
import type { StackTarget, Target } from '../domain/target.ts';
import type { Place } from './place.ts';
import type { PlacedTarget } from './targets.ts';

/** What of the configuration is rollbackd's own, and therefore no target. */
export interface OwnParts {
  readonly prometheusUrl: string | null;
  readonly dockerUrl: string | null;
  readonly hostname: string;
  readonly store: string;
  readonly stateDir: string;
}

/** Two targets that are one thing would roll each other back. */
export function checkShared(placed: readonly PlacedTarget[]): void {
  const owners = new Map<string, string>();
  const labelled = new Map<string, string>();
  for (const { target, place } of placed) {
    for (const [kind, what] of thingsOf(target)) {
      const owner = owners.get(`${kind} ${what}`);
      if (owner !== undefined) place.at(kind).problem(`${what} is already the ${kind} of target ${owner}`);
      owners.set(`${kind} ${what}`, owner ?? target.name);
    }
    const labels = canonical(target.labels);
    const twin = labelled.get(labels);
    if (twin !== undefined && target.packs.length > 0)
      (place.has('labels') ? place.at('labels') : place).warning(
        `has the same labels as target ${twin}: every series counts for both`,
        'target/shared-labels',
        'key',
      );
    labelled.set(labels, twin ?? target.name);
  }
  checkWholeStacks(placed);
}

function thingsOf({ container, link, repository, stack, swarm }: Target): (readonly [string, string])[] {
  return [
    ...(container === null ? [] : [['container', container] as const]),
    ...(link === null ? [] : [['link', link.path] as const]),
    ...(repository === null
      ? []
      : [['repository', `${trimmed(repository.url)}#${repository.branch}`] as const]),
    ...(stack === null ? [] : stackThings(stack)),
    ...(swarm === null ? [] : [['swarm', swarm.service] as const]),
  ];
}

/** A target of some services of a project leaves the others to other targets. */
function stackThings({ project, services }: StackTarget): (readonly [string, string])[] {
  if (services === null) return [['stack', project]];
  return [...new Set(services)].map((service) => ['stack', `${project}/${service}`]);
}

/** A target that is a whole project leaves nothing of it to others. */
function checkWholeStacks(placed: readonly PlacedTarget[]): void {
  for (const { target, place } of placed) {
    if (target.stack === null || target.stack.services === null) continue;
    const { project } = target.stack;
    const whole = placed.find(
      ({ target: { stack } }) => stack?.project === project && stack.services === null,
    );
    if (whole !== undefined)
      place.at('stack').problem(`the whole project ${project} is already target ${whole.target.name}`);
  }
}

function trimmed(url: string): string {
  return url
    .replace(/^file:\/\//, '')
    .replace(/\/+$/, '')
    .replace(/\.git$/, '');
}

/** rollbackd does not roll back itself, nor what it sees and acts through. */
export function checkOwnParts(placed: readonly PlacedTarget[], own: OwnParts): void {
  for (const { target, place } of placed) {
    if (target.container !== null) checkContainer(place.at('container'), target.container, own);
    for (const [label, value] of Object.entries(target.labels))
      if (value === 'rollbackd')
        place.at('labels').at(label).problem('names rollbackd itself, which it never rolls back');
    if (target.link !== null) checkLink(place.at('link'), target.link.path, own);
  }
}

function checkContainer(place: Place, container: string, own: OwnParts): void {
  const refuse = (what: string): void =>
    place.problem(`${container} is ${what}; what rollbackd works with cannot be a target`);
  if (container === hostOf(own.prometheusUrl)) return refuse('the Prometheus of this configuration');
  if (container === hostOf(own.dockerUrl)) return refuse('the Docker proxy of this configuration');
  if (container === 'rollbackd' || container === own.hostname) refuse('rollbackd itself');
}

function checkLink(place: Place, path: string, { store, stateDir }: OwnParts): void {
  if (store.startsWith(`${path}/`) || stateDir === path || stateDir.startsWith(`${path}/`))
    place.problem(`${path} holds the store or state of rollbackd itself; it cannot be a target`);
}

function hostOf(url: string | null): string | null {
  return url === null ? null : (URL.parse(url)?.hostname ?? null);
}
