import type { Docker } from '../../clients/docker/docker.ts';
import type { ContainerFacts } from '../../clients/docker/facts.ts';
import { labels } from '../../clients/docker/marks.ts';
import { listIn, recordIn, textIn, textsIn } from '../../clients/docker/shape.ts';
import { hasNetworks, isAnonymous, specify, type Specification } from '../../clients/docker/specification.ts';
import { canonical } from '../../domain/json.ts';
import type { DockerParts, Task } from './task.ts';

const toolImages = /(^|\/)(rollbackd|prometheus|docker-socket-proxy|socket-proxy)(:|@|$)/;

/** Why a container must not be touched: rollbackd works in it or through it. null when it may be. */
export function whyProtected(
  container: ContainerFacts,
  image: string,
  own: DockerParts['own'],
): string | null {
  const role = container.labels[labels.role];
  if (container.id === own.containerId) return 'it is rollbackd itself';
  if (role !== undefined) return `its label ${labels.role} says that it is the ${role} of rollbackd`;
  const known = [container.name, ...Object.values(container.networks).flatMap(aliasesOf)];
  const host = own.hosts.find((name) => known.includes(name));
  if (host !== undefined) return `rollbackd works through ${host}`;
  return toolImages.test(image) ? `its image ${image} is a tool that rollbackd works through` : null;
}

function aliasesOf(endpoint: ContainerFacts['networks'][string]): readonly string[] {
  return textsIn(endpoint['Aliases']);
}

/** What the container in the place is like, that it cannot be replaced and put back. */
export function currentProblems(task: Task, current: ContainerFacts | null): readonly string[] {
  if (current === null) return [];
  const problems: string[] = [];
  if (current.status === 'paused') problems.push(`container ${task.name} is paused: unpause it first`);
  if (current.autoRemove)
    problems.push(
      `container ${task.name} was started with --rm: once stopped it is gone and cannot be put back`,
    );
  return problems;
}

/** Why the container in the place is not the release that the step goes back from, or null if it is, or none is known. */
export async function whyNotFrom(
  { docker, vault }: Pick<DockerParts, 'docker' | 'vault'>,
  task: Task,
  current: ContainerFacts | null,
  signal: AbortSignal,
): Promise<string | null> {
  const { from } = task.step;
  if (from === null || current === null) return null;
  const image = await docker.image(current.image, signal);
  if (image === null) return null;
  const config = vault.digest(canonical(specify(current, image.config)));
  const present: Partial<Record<string, string>> = { image: current.image, config };
  const differs = from.components.some(({ kind, value }) => (present[kind] ?? value) !== value);
  return differs ? `container ${task.name} no longer runs release ${from.id}: somebody changed it` : null;
}

/** What the recorded specification needs and the engine does not have. */
export async function missingThings(
  docker: Docker,
  task: Task,
  specification: Specification,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const image = await docker.image(task.image.value, signal);
  const checks = [
    ...namedNetworks(specification).map(async (name) =>
      (await docker.hasNetwork(name, signal)) ? null : `network ${name} is gone: create it again`,
    ),
    ...namedVolumes(specification).map(async (name) =>
      (await docker.hasVolume(name, signal)) ? null : `volume ${name} is gone: restore it first`,
    ),
    ...otherContainers(specification).map(async (name) =>
      (await docker.container(name, signal)) === null
        ? `container ${name}, which it shares with, is gone`
        : null,
    ),
  ];
  const gone = image === null ? [imageGone(task)] : [];
  if (specification.hostConfig['AutoRemove'] === true)
    gone.push(
      `release ${task.step.to?.id ?? ''} was started with --rm: if it fails, nothing would be left to look at`,
    );
  return [...gone, ...(await Promise.all(checks)).filter((problem) => problem !== null)];
}

function imageGone({ image }: Task): string {
  const from = image.digests?.[0];
  const advice = from === undefined ? 'it has no registry digest to pull it by' : `docker pull ${from}`;
  return `image ${image.label} (${image.value.slice(0, 19)}) is not on this engine: ${advice}`;
}

function namedNetworks({ networks, hostConfig }: Specification): readonly string[] {
  const mode = textIn(hostConfig['NetworkMode']);
  const primary = hasNetworks(mode) && mode !== 'default' && mode !== '' ? [mode] : [];
  return [...new Set([...primary, ...Object.keys(networks)])].filter((name) => name !== 'bridge');
}

function namedVolumes({ hostConfig }: Specification): readonly string[] {
  const binds = textsIn(hostConfig['Binds']).map((bind) => bind.split(':')[0] ?? '');
  const mounts = listIn(hostConfig['Mounts'])
    .map(recordIn)
    .filter((mount) => mount['Type'] === 'volume')
    .map((mount) => textIn(mount['Source']));
  return [...binds, ...mounts].filter((name) => name !== '' && !name.startsWith('/') && !isAnonymous(name));
}

function otherContainers({ hostConfig }: Specification): readonly string[] {
  const shared = ['NetworkMode', 'IpcMode', 'PidMode'].map((key) => textIn(hostConfig[key]));
  return shared
    .filter((mode) => mode.startsWith('container:'))
    .map((mode) => mode.slice('container:'.length));
}
