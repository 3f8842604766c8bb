import type { Docker } from '../clients/docker/docker.ts';
import type { ContainerRow, JsonObject } from '../clients/docker/facts.ts';
import { isSetAside, labels } from '../clients/docker/marks.ts';
import { recordIn } from '../clients/docker/shape.ts';
import { RollbackError } from '../domain/errors.ts';
import { digest } from '../domain/json.ts';
import type { Keeper, PinnedRelease } from '../domain/ports/observer.ts';
import type { Target } from '../domain/target.ts';

/**
 * Keeps images that a rollback may need, and removes containers that a rollback set aside once their time is over.
 *
 * A pin is a tag, `rollbackd.pin/<target>:<release>`, and a created, never started container. The container keeps the
 * image from `docker image prune -a`; the tag keeps it from `docker system prune`, which removes the container first.
 * `docker system prune -a` takes both: then `present` is false, before the release is needed.
 */
export function dockerKeeper(options: {
  readonly docker: Docker;
  /** How long a replaced container stays (24 h). */
  readonly replacedMs: number;
}): Keeper {
  const { docker, replacedMs } = options;
  const firstSeen = new Map<string, number>();
  return {
    async pin(target, release, signal) {
      for (const [index, image] of imagesOf(release).entries()) {
        const facts = await docker.image(image, signal);
        if (facts === null) throw gone(target, release);
        const repository = repositoryFor(target);
        const tag = pinTag(release.id, index);
        if (!facts.tags.includes(`${repository}:${tag}`)) await docker.tag(image, repository, tag, signal);
        const name = pinName(target, tag);
        const pins = await docker.labelled(labels.pin, release.id, signal);
        if (pins.some((pin) => isOf(pin, target) && pin.name === name)) continue;
        await docker.create(name, pinBody(target, { release: release.id, image }, facts.config), signal);
      }
    },
    async present(_target, release, signal) {
      for (const image of imagesOf(release)) if ((await docker.image(image, signal)) === null) return false;
      return true;
    },
    async prune(target, keep, now, signal) {
      const unpinned = await unpin(docker, target, keep.releases, signal);
      // Until its incident is over, what a rollback replaced may be what has to come back.
      if (keep.settledAt === null) return unpinned;
      const { settledAt } = keep;
      const removed = await removeSetAside({ docker, replacedMs, firstSeen, settledAt }, target, now, signal);
      return [...unpinned, ...removed];
    },
  };
}

/** One image of a container, or all those of a stack. */
function imagesOf(release: PinnedRelease): readonly string[] {
  return release.components.flatMap(({ kind, value, images }) => images ?? (kind === 'image' ? [value] : []));
}

function isOf(row: ContainerRow, target: Target): boolean {
  return row.labels[labels.target] === target.name;
}

/** Names of targets that are no names of repositories get a digest, so that two of them never share a pin. */
function repositoryFor(target: Target): string {
  return `rollbackd.pin/${plainName(target)}`;
}

function pinTag(release: string, index: number): string {
  return index === 0 ? release : `${release}.${index + 1}`;
}

function pinName(target: Target, tag: string): string {
  return `rollbackd-pin-${plainName(target)}-${tag}`;
}

function plainName({ name }: Target): string {
  const plain = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  return plain === name ? plain : `${plain || 'target'}-${digest(name).slice(0, 6)}`;
}

function pinBody(
  target: Target,
  { release, image }: { readonly release: string; readonly image: string },
  imageConfig: JsonObject,
): JsonObject {
  // Something at the place of each volume of the image, or the engine would make anonymous volumes for it.
  const volumes = Object.keys(recordIn(imageConfig['Volumes']));
  return {
    Image: image,
    Entrypoint: ['/rollbackd-pin-is-never-started'],
    Cmd: [],
    Labels: { [labels.pin]: release, [labels.target]: target.name },
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      NetworkMode: 'none',
      RestartPolicy: { Name: 'no' },
      Mounts: volumes.map((path) => ({ Type: 'tmpfs', Target: path })),
    },
  };
}

async function unpin(
  docker: Docker,
  target: Target,
  keep: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const pins = await docker.labelled(labels.pin, null, signal);
  const loose = pins.filter((pin) => isOf(pin, target) && !keep.includes(pin.labels[labels.pin] ?? ''));
  for (const pin of loose) {
    const tag = pin.name.slice(pinName(target, '').length);
    // The container goes last: it is how the tag is found again after a crash in between.
    await docker.untag(`${repositoryFor(target)}:${tag}`, signal);
    await docker.remove(pin.id, signal);
  }
  return loose.map(({ name }) => name);
}

interface SetAside {
  readonly docker: Docker;
  readonly replacedMs: number;
  readonly firstSeen: Map<string, number>;
  readonly settledAt: number;
}

/**
 * Nothing on a replaced container tells when it was replaced. Its time counts from the latest of: when it stopped, when
 * the last incident ended, when the container that replaced it was made, and, if that one is gone, when this daemon
 * first saw it.
 */
async function removeSetAside(
  { docker, replacedMs, firstSeen, settledAt }: SetAside,
  target: Target,
  now: number,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const all = await docker.containers(signal);
  const removed: string[] = [];
  for (const id of firstSeen.keys()) if (!all.some((row) => row.id === id)) firstSeen.delete(id);
  for (const row of all) {
    if (!isOurs(row, target) || row.state === 'running' || row.state === 'restarting') continue;
    const container = await docker.container(row.id, signal);
    if (container === null || container.up) continue;
    const replacer = all.find(({ labels: found }) => (found[labels.replaces] ?? '').includes(row.id));
    const replacing = replacer === undefined ? null : await docker.container(replacer.id, signal);
    if (!firstSeen.has(row.id)) firstSeen.set(row.id, now);
    const since = Math.max(
      container.finishedAt,
      container.createdAt,
      settledAt,
      replacing?.createdAt ?? firstSeen.get(row.id) ?? now,
    );
    if (now < since + replacedMs) continue;
    await docker.remove(row.id, signal);
    firstSeen.delete(row.id);
    removed.push(row.name);
  }
  return removed;
}

function isOurs(row: ContainerRow, target: Target): boolean {
  if (target.container !== null && isSetAside(row.name, target.container)) return true;
  return labels.restart in row.labels && isOf(row, target);
}

function gone(target: Target, release: PinnedRelease): RollbackError {
  const message = `pinning release ${release.id} of ${target.name}: its image is not on this engine; pull it, or let it go`;
  return new RollbackError('RELEASE_MISSING', message, { target: target.name, release: release.id });
}
