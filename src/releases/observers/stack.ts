import type { Compose } from '../../clients/compose/compose.ts';
import type { ContainerEvent, Docker } from '../../clients/docker/docker.ts';
import type { ContainerFacts } from '../../clients/docker/facts.ts';
import { labels } from '../../clients/docker/marks.ts';
import { managerOf } from '../../clients/docker/manager.ts';
import {
  composeLabels,
  isFinished,
  jobsAmong,
  stackContainers,
  type StackContainer,
} from '../../clients/docker/stack.ts';
import { RollbackError } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Observer } from '../../domain/ports/observer.ts';
import type { Vault } from '../../domain/ports/vault.ts';
import type { Sighting } from '../../domain/release.ts';
import type { StackTarget, Target } from '../../domain/target.ts';
import { MINUTE } from '../../domain/time.ts';
import { AskedToStop } from './asked-to-stop.ts';
import { hasEnded } from './ended.ts';
import { KnownImages } from './known.ts';
import { listen } from './listen.ts';
import { componentOf, StackSeals, type Ran } from './stack-release.ts';

/** One that was made and not started within this time was forgotten by whoever made it. */
const startingMs = MINUTE;

export interface StackObserverParts {
  readonly docker: Docker;
  readonly compose: Compose;
  readonly vault: Vault;
  readonly clock: Clock;
}

/**
 * Learns which release a Compose project runs: the images and create specifications of all its services together, by
 * the labels that Compose puts on containers. The project's files go along, sealed, when they say what runs.
 *
 * While Compose replaces containers, the stack is what it was, and leaving.
 */
export function stackObserver(parts: StackObserverParts): Observer {
  const { docker, vault, clock } = parts;
  const images = new KnownImages(parts);
  const seals = new StackSeals(parts);
  const asked = new AskedToStop();
  /** The composition of each target at its last settled look. */
  const settled = new Map<string, Pick<Sighting, 'components' | 'sealed'>>();
  return {
    kind: 'stack',
    sees: (target) => target.stack !== null,
    async look(target, signal) {
      const stack = stackOf(target);
      const at = clock.now();
      const containers = await stackContainers(docker, stack, signal);
      const marks = { opId: opIdOf(containers), manager: otherManager(containers) };
      if (containers.length === 0)
        return { at, components: [], healthy: null, exited: false, sealed: null, ...marks };
      const state = stateOf(stack, containers, (container) => asked.isLeaving(container, clock.wall()));
      const before = settled.get(target.name);
      if (before !== undefined && isBeingReplaced(containers, clock.wall()))
        return { at, ...before, ...state, exited: false, leaving: true, ...marks };
      const ran = await whatRan(containers, images, signal);
      const component = componentOf(ran, vault);
      const sealed = await seals.of({ target, stack, ran, release: component.value }, signal);
      settled.set(target.name, { components: [component], sealed });
      return { at, components: [component], sealed, ...state, ...marks };
    },
    watch: async (targets, changed, signal) => {
      const byProject = Map.groupBy(targets, ({ stack }) => stack?.project ?? '');
      const listener = {
        missed: () => targets.forEach(({ name }) => changed(name)),
        heard: (event: ContainerEvent) => asked.heard(event, clock.wall()),
        changed: ({ project }: ContainerEvent) =>
          (byProject.get(project ?? '') ?? []).forEach(({ name }) => changed(name)),
      };
      await listen(parts, listener, signal);
    },
  };
}

function stackOf({ stack, name }: Target): StackTarget {
  if (stack !== null) return stack;
  throw new RollbackError('ANSWER_INVALID', `the target ${name} has no stack to look at`);
}

async function whatRan(
  containers: readonly StackContainer[],
  images: KnownImages,
  signal: AbortSignal,
): Promise<readonly Ran[]> {
  return Promise.all(
    containers.map(async ({ service, container }) => {
      const image = await images.of(container, signal);
      return { service, container, image, others: containers };
    }),
  );
}

type State = Pick<Sighting, 'healthy' | 'exited' | 'leaving'>;

/** The state of the whole: one service that is not well makes all of it so. */
function stateOf(
  { services }: StackTarget,
  containers: readonly StackContainer[],
  isLeaving: (container: ContainerFacts) => boolean,
): State {
  const jobs = jobsAmong(containers);
  const serving = containers.filter(({ service, container }) => !jobs.has(service) && !isFinished(container));
  const leaving = serving.some(({ container }) => isLeaving(container));
  const missing = (services ?? []).some((name) => !containers.some(({ service }) => service === name));
  const health = serving.map(({ container }) => healthOf(container));
  return {
    healthy:
      missing || health.includes(false)
        ? false
        : health.includes(true) && !health.includes(null)
          ? true
          : null,
    exited: !leaving && serving.some(({ container }) => hasEnded(container)),
    leaving,
  };
}

/** One without a health check is as well as it can be seen to be when it runs. */
function healthOf({ status, health }: ContainerFacts): boolean | null | 'unchecked' {
  if (status !== 'running') return false;
  if (health === null) return 'unchecked';
  return health === 'starting' ? null : health === 'healthy';
}

/** Compose makes a container, stops and removes the one that it replaces, and starts the new one at the end. */
function isBeingReplaced(containers: readonly StackContainer[], wall: number): boolean {
  const jobs = jobsAmong(containers);
  return containers.some(
    ({ service, container: { status, createdAt } }) =>
      status === 'removing' || (status === 'created' && !jobs.has(service) && wall - createdAt < startingMs),
  );
}

/** Who made the newest container: nobody knows who made what was there before. */
function opIdOf(containers: readonly StackContainer[]): string | null {
  return containers.at(-1)?.container.labels[labels.op] ?? null;
}

/** Who else than Compose manages it: the files of the project are ours to follow here. */
function otherManager(containers: readonly StackContainer[]): string | null {
  for (const { container } of containers) {
    const others = Object.entries(container.labels).filter(
      ([name]) => !name.startsWith(composeLabels.prefix),
    );
    const manager = managerOf(Object.fromEntries(others));
    if (manager !== null) return manager.name;
  }
  return null;
}
