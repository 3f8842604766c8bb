import type { ContainerEvent, Docker } from '../../clients/docker/docker.ts';
import type { ContainerFacts, ImageFacts } from '../../clients/docker/facts.ts';
import { imageLabel } from '../../clients/docker/image-label.ts';
import { labels } from '../../clients/docker/marks.ts';
import { managerOf } from '../../clients/docker/manager.ts';
import { specify } from '../../clients/docker/specification.ts';
import { canonical } from '../../domain/json.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Observer } from '../../domain/ports/observer.ts';
import type { Vault } from '../../domain/ports/vault.ts';
import type { Sighting } from '../../domain/release.ts';
import type { Target } from '../../domain/target.ts';
import { AskedToStop } from './asked-to-stop.ts';
import { hasEnded } from './ended.ts';
import { KnownImages, Seals } from './known.ts';
import { listen } from './listen.ts';

/**
 * Learns which release a container runs: its image, and a keyed digest of its create specification. The whole
 * specification goes along, sealed.
 *
 * An image that was removed under its container is still known from an earlier look; without one, `look` rejects,
 * since what the container was asked for cannot be told from what its image added.
 */
export function containerObserver(options: {
  readonly docker: Docker;
  readonly vault: Vault;
  readonly clock: Clock;
}): Observer {
  const images = new KnownImages(options);
  const seals = new Seals(options.vault);
  const asked = new AskedToStop();
  const { docker, vault, clock } = options;
  return {
    kind: 'container',
    sees: (target) => target.container !== null,
    async look(target, signal) {
      const container = target.container === null ? null : await docker.container(target.container, signal);
      if (container === null) return nothing(clock.now());
      const image = await images.of(container, signal);
      const leaving = asked.isLeaving(container, clock.wall());
      return {
        at: clock.now(),
        ...identify({ container, image, vault, seals }),
        healthy: healthOf(container),
        exited: hasEnded(container) && !leaving,
        leaving,
        opId: container.labels[labels.op] ?? null,
        manager: managerOf(container.labels)?.name ?? null,
      };
    },
    watch: async (targets, changed, signal) => watch({ docker, clock, asked }, targets, changed, signal),
  };
}

function nothing(at: number): Sighting {
  return { at, components: [], healthy: null, exited: false, sealed: null, opId: null, manager: null };
}

function identify({
  container,
  image,
  vault,
  seals,
}: {
  readonly container: ContainerFacts;
  readonly image: ImageFacts;
  readonly vault: Vault;
  readonly seals: Seals;
}): Pick<Sighting, 'components' | 'sealed'> {
  const specification = canonical(specify(container, image.config));
  const config = vault.digest(specification);
  return {
    components: [
      { kind: 'image', value: image.id, label: imageLabel(container, image), digests: image.digests },
      { kind: 'config', value: config, label: config.slice(0, 8) },
    ],
    sealed: seals.of(container, { config, specification }),
  };
}

function healthOf(container: ContainerFacts): boolean | null {
  if (container.status !== 'running') return container.status === 'created' ? null : false;
  if (container.health === null || container.health === 'starting') return null;
  return container.health === 'healthy';
}

async function watch(
  { docker, clock, asked }: { docker: Docker; clock: Clock; asked: AskedToStop },
  targets: readonly Target[],
  changed: (target: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const names = new Map(
    targets.flatMap(({ container, name }) => (container === null ? [] : [[container, name]])),
  );
  const listener = {
    // Whatever happened before the stream was open was missed.
    missed: () => names.forEach((target) => changed(target)),
    heard: (event: ContainerEvent) => asked.heard(event, clock.wall()),
    changed: ({ name, oldName }: ContainerEvent) => {
      const touched = new Set([names.get(name), names.get(oldName ?? '')]);
      for (const target of touched) if (target !== undefined) changed(target);
    },
  };
  await listen({ docker, clock }, listener, signal);
}
