import type { ContainerFacts, JsonObject, Mount } from './facts.ts';
import { listIn, recordIn, textIn, textsIn, variableName } from './shape.ts';
import { hasNetworks, isAnonymous, type Specification } from './specification.ts';

/** What a container is created with, and what it has to be connected to before it starts. */
export interface Creation {
  readonly body: JsonObject;
  /** Endpoint settings by name of the network. Engines before 25 take one network at creation. */
  readonly connections: Readonly<Record<string, JsonObject>>;
}

/**
 * The request that recreates a container from its recorded specification on an image.
 *
 * Anonymous volumes of the container that it replaces come along, as with `docker compose up`: their data belongs to
 * the service. `keepEnvironment` names variables whose present values are carried over.
 */
export function recreation(
  specification: Specification,
  options: {
    readonly image: string;
    readonly imageConfig: JsonObject;
    readonly labels: Readonly<Record<string, string>>;
    readonly replaced: ContainerFacts | null;
    readonly keepEnvironment: readonly string[];
  },
): Creation {
  const { config, hostConfig, networks } = specification;
  const { image, replaced } = options;
  const primary = primaryNetwork(hostConfig);
  const endpoint = primary === null ? undefined : networks[primary];
  const carried = carriedVolumes(specification, options.imageConfig, replaced);
  const body: JsonObject = {
    ...config,
    Image: image,
    Env: environment(textsIn(config['Env']), replaced, options.keepEnvironment),
    Labels: { ...recordIn(config['Labels']), ...options.labels },
    HostConfig: { ...hostConfig, ...carried },
    ...(primary !== null && endpoint !== undefined
      ? { NetworkingConfig: { EndpointsConfig: { [primary]: endpoint } } }
      : {}),
  };
  const others = Object.entries(networks).filter(([name]) => name !== primary);
  return { body, connections: Object.fromEntries(others) };
}

/** The network that a container is created in, or null when its mode has none. */
export function primaryNetwork(hostConfig: JsonObject): string | null {
  const mode = typeof hostConfig['NetworkMode'] === 'string' ? hostConfig['NetworkMode'] : 'default';
  if (!hasNetworks(mode)) return null;
  return mode === 'default' ? 'bridge' : mode;
}

function environment(
  recorded: readonly string[],
  replaced: ContainerFacts | null,
  keep: readonly string[],
): readonly string[] {
  const present = textsIn(replaced?.config['Env']).filter((entry) => keep.includes(variableName(entry)));
  const kept = new Set(present.map(variableName));
  return [...recorded.filter((entry) => !kept.has(variableName(entry))), ...present];
}

function carriedVolumes(
  { config, hostConfig }: Specification,
  imageConfig: JsonObject,
  replaced: ContainerFacts | null,
): JsonObject {
  const anonymous = (replaced?.mounts ?? []).filter(
    ({ type, name }) => type === 'volume' && isAnonymous(name),
  );
  const wanted = new Set(
    Object.keys({ ...recordIn(config['Volumes']), ...recordIn(imageConfig['Volumes']) }),
  );
  const bound = new Set(textsIn(hostConfig['Binds']).map((bind) => bind.split(':')[1]));
  const binds = anonymous
    .filter(({ destination }) => wanted.has(destination) && !bound.has(destination))
    .map(({ name, destination }) => `${name}:${destination}`);
  const mounts = listIn(hostConfig['Mounts']).map((mount) => withSource(recordIn(mount), anonymous));
  return {
    ...(binds.length > 0 ? { Binds: [...textsIn(hostConfig['Binds']), ...binds] } : {}),
    ...(mounts.length > 0 ? { Mounts: mounts } : {}),
  };
}

function withSource(mount: JsonObject, anonymous: readonly Mount[]): JsonObject {
  const found = anonymous.find(({ destination }) => destination === mount['Target']);
  const open = mount['Type'] === 'volume' && textIn(mount['Source']) === '';
  return found !== undefined && open ? { ...mount, Source: found.name } : mount;
}
