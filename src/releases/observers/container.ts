import type { ContainerEvent, Docker } from '../../clients/docker/docker.ts';
import type { ContainerFacts, ImageFacts } from '../../clients/docker/facts.ts';
import { labels } from '../../clients/docker/marks.ts';
import { managerOf } from '../../clients/docker/manager.ts';
import { specify } from '../../clients/docker/specification.ts';
import { textIn } from '../../clients/docker/shape.ts';
import { canonical } from '../../domain/json.ts';
import { sleep, type Clock } from '../../domain/ports/clock.ts';
import type { Observer } from '../../domain/ports/observer.ts';
import type { Vault } from '../../domain/ports/vault.ts';
import type { Sighting } from '../../domain/release.ts';
import type { Target } from '../../domain/target.ts';
import { MINUTE, SECOND } from '../../domain/time.ts';
import { KnownImages, Seals } from './known.ts';

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

/** The tag as it was configured; a container that a rollback made by image id carries it in a label. */
function imageLabel(container: ContainerFacts, image: ImageFacts): string {
  const configured = container.labels[labels.image] ?? textIn(container.config['Image']);
  if (configured !== '' && !configured.startsWith('sha256:')) return configured;
  const tag = image.tags.find((name) => !name.startsWith('rollbackd.pin/'));
  return tag ?? image.id.slice(7, 19);
}

function healthOf(container: ContainerFacts): boolean | null {
  if (container.status !== 'running') return container.status === 'created' ? null : false;
  if (container.health === null || container.health === 'starting') return null;
  return container.health === 'healthy';
}

/** It stopped, and its restart policy will not start it again. */
function hasEnded({ status, restartPolicy, exitCode, restarts }: ContainerFacts): boolean {
  if (status === 'dead') return true;
  if (status !== 'exited') return false;
  if (restartPolicy.name === 'no') return true;
  if (restartPolicy.name !== 'on-failure') return false;
  const { maximumRetryCount } = restartPolicy;
  return exitCode === 0 || (maximumRetryCount > 0 && restarts >= maximumRetryCount);
}

/** A container that still runs this long after it was told to stop took no notice. */
const noticeMs = MINUTE;
/** HUP, USR1, USR2 and WINCH ask for something else than an end. */
const otherSignals: readonly (number | null)[] = [1, 10, 12, 28];

/** Containers that somebody stops on purpose: they end, but not by themselves. A hint, lost at a restart. */
class AskedToStop {
  /** When each was told last, by the wall clock. */
  readonly #told = new Map<string, number>();

  isLeaving({ id, status, finishedAt }: ContainerFacts, wall: number): boolean {
    const toldAt = this.#told.get(id);
    return toldAt !== undefined && (status === 'running' ? wall : finishedAt) - toldAt < noticeMs;
  }

  heard({ action, id, signal }: ContainerEvent, wall: number): void {
    if (action === 'stop' || (action === 'kill' && !otherSignals.includes(signal))) this.#told.set(id, wall);
    if (action === 'start' || action === 'destroy') this.#told.delete(id);
  }
}

const retryMs = SECOND;
const telling = /^(create|start|restart|die|stop|kill|oom|pause|unpause|destroy|rename|update|health_status)/;

async function watch(
  { docker, clock, asked }: { docker: Docker; clock: Clock; asked: AskedToStop },
  targets: readonly Target[],
  changed: (target: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const names = new Map(
    targets.flatMap(({ container, name }) => (container === null ? [] : [[container, name]])),
  );
  // Whatever happened before the stream was open was missed.
  const opened = (): void => names.forEach((target) => changed(target));
  while (!signal.aborted) {
    try {
      await docker.events(
        (event) => {
          const { action, name, oldName } = event;
          asked.heard(event, clock.wall());
          if (!telling.test(action)) return;
          const touched = new Set([names.get(name), names.get(oldName ?? '')]);
          for (const target of touched) if (target !== undefined) changed(target);
        },
        opened,
        signal,
      );
    } catch {
      // Looking at the targets reports an engine that cannot be reached; here it is only a reason to try again.
      await sleep(clock, retryMs, signal);
    }
  }
}
