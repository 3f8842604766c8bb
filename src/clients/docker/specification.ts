import { canonical, type Json } from '../../domain/json.ts';
import type { ContainerFacts, JsonObject } from './facts.ts';
import { labels } from './marks.ts';
import { listIn, recordIn, textIn, textsIn, variableName } from './shape.ts';

/**
 * How a container was asked for, without what the engine and the image added: the recorded specification.
 *
 * Left out: id, state, addresses, the host name made from the id, `io.rollbackd.*` labels, names of anonymous volumes,
 * the image (a component of its own), and whatever equals the image's own configuration. A release recreates its
 * specification on its own recorded image, which adds the same again: so the record is used whole, and yet a new
 * default in another image does not look like a change of configuration. What an engine fills in by itself at
 * creation (runtime, log driver, masked paths) stays in, so that a changed engine default does not change a container.
 *
 * `specify(recreated)` equals the specification it was recreated from.
 */
export interface Specification {
  readonly version: 1;
  readonly config: JsonObject;
  readonly hostConfig: JsonObject;
  /** Endpoint settings by name of the network. */
  readonly networks: Readonly<Record<string, JsonObject>>;
}

export function specify(container: ContainerFacts, imageConfig: JsonObject): Specification {
  const mode = networkMode(container);
  return {
    version: 1,
    config: specifyConfig(container, imageConfig, mode),
    hostConfig: specifyHost(container, mode),
    networks: hasNetworks(mode) ? specifyNetworks(container) : {},
  };
}

/** Whether the mode means networks of its own, rather than those of the host, of another container, or none. */
export function hasNetworks(mode: string): boolean {
  return mode !== 'host' && mode !== 'none' && !mode.startsWith('container:');
}

/** An anonymous volume is named by 64 hex digits. */
export function isAnonymous(volume: string): boolean {
  return /^[0-9a-f]{64}$/.test(volume);
}

// Where absent and zero mean different things, zero stays.
const keptZero = new Set(['StopTimeout', 'Init', 'MemorySwappiness', 'MaskedPaths', 'ReadonlyPaths']);
/** Of the session that started it, not of the container. */
const sessionOnly = ['AttachStdin', 'AttachStdout', 'AttachStderr', 'Image', 'OnBuild'];

function specifyConfig(container: ContainerFacts, image: JsonObject, mode: string): JsonObject {
  const { Env, Labels, ExposedPorts, Volumes, Cmd, Entrypoint, Hostname, ...rest } = container.config;
  const own = Object.entries(rest).filter(
    ([key, value]) => !sessionOnly.includes(key) && canonical(value) !== canonical(image[key]),
  );
  return withoutZeros({
    ...Object.fromEntries(own),
    ...specifyCommand({ Cmd, Entrypoint }, image),
    Env: specifyEnvironment(textsIn(Env), textsIn(image['Env'])),
    Labels: withoutInherited(withoutOurs(recordIn(Labels)), recordIn(image['Labels'])),
    ExposedPorts: withoutInherited(recordIn(ExposedPorts), recordIn(image['ExposedPorts'])),
    Volumes: withoutInherited(
      { ...recordIn(Volumes), ...anonymousBinds(container) },
      recordIn(image['Volumes']),
    ),
    Hostname: specifyHostname(container, mode, Hostname),
  });
}

/** The engine takes the image's entrypoint when none is given, and the image's command only when neither is. */
function specifyCommand(
  { Cmd, Entrypoint }: { Cmd: Json | undefined; Entrypoint: Json | undefined },
  image: JsonObject,
): JsonObject {
  const command = textsIn(Cmd);
  const entrypoint = textsIn(Entrypoint);
  const sameCommand = canonical(command) === canonical(textsIn(image['Cmd']));
  const sameEntrypoint = canonical(entrypoint) === canonical(textsIn(image['Entrypoint']));
  if (sameCommand && sameEntrypoint) return {};
  if (sameEntrypoint && command.length > 0) return { Cmd: command };
  // An empty list, unlike an absent one, keeps the image's entrypoint away.
  return { Cmd: command, Entrypoint: entrypoint.length === 0 ? [''] : entrypoint };
}

/** Sorted by name; of two entries of one name the later one counts, so their order stays. */
function specifyEnvironment(own: readonly string[], inherited: readonly string[]): readonly string[] {
  return own
    .filter((entry) => !inherited.includes(entry))
    .toSorted((a, b) => (variableName(a) < variableName(b) ? -1 : variableName(a) > variableName(b) ? 1 : 0));
}

function specifyHostname(container: ContainerFacts, mode: string, hostname: Json | undefined): Json {
  const automatic = hostname === container.id.slice(0, 12);
  // Refused by the engine together with a host name, though it reports one.
  const borrowed = mode.startsWith('container:') || container.hostConfig['UTSMode'] === 'host';
  return automatic || borrowed ? '' : (hostname ?? '');
}

function specifyHost(container: ContainerFacts, mode: string): JsonObject {
  const { ConsoleSize: _, ContainerIDFile: __, ...host } = container.hostConfig;
  return withoutZeros({
    ...host,
    NetworkMode: mode,
    Binds: textsIn(host['Binds'])
      .filter((bind) => !isAnonymous(source(bind)))
      .toSorted(),
    Mounts: listIn(host['Mounts']).map(withoutAnonymousSource),
    Links: textsIn(host['Links']).map(asLinkOption).toSorted(),
    RestartPolicy: {
      Name: container.restartPolicy.name,
      MaximumRetryCount: container.restartPolicy.maximumRetryCount,
    },
  });
}

/** The mode by the name of its network, even when the network was given by its id. */
function networkMode({ hostConfig, networks }: ContainerFacts): string {
  const mode = typeof hostConfig['NetworkMode'] === 'string' ? hostConfig['NetworkMode'] : 'default';
  if (mode in networks || mode.length < 12) return mode;
  const byId = Object.entries(networks).find(([, { NetworkID }]) => textIn(NetworkID).startsWith(mode));
  return byId?.[0] ?? mode;
}

function specifyNetworks(container: ContainerFacts): Specification['networks'] {
  const short = container.id.slice(0, 12);
  const endpoints = Object.entries(container.networks).map(([name, endpoint]) => [
    name,
    withoutZeros({
      IPAMConfig: endpoint['IPAMConfig'] ?? null,
      DriverOpts: endpoint['DriverOpts'] ?? null,
      Links: textsIn(endpoint['Links']).toSorted(),
      Aliases: textsIn(endpoint['Aliases'])
        .filter((alias) => alias !== short)
        .toSorted(),
    }),
  ]);
  return Object.fromEntries(endpoints) as Specification['networks'];
}

/** Anonymous volumes that a rollback carried over by name count as what they were: anonymous. */
function anonymousBinds({ hostConfig }: ContainerFacts): JsonObject {
  const carried = textsIn(hostConfig['Binds']).filter((bind) => isAnonymous(source(bind)));
  return Object.fromEntries(carried.map((bind) => [bind.split(':')[1] ?? '', {}]));
}

function withoutAnonymousSource(mount: Json): Json {
  const { Source, ...rest } = recordIn(mount);
  return typeof Source === 'string' && isAnonymous(Source) ? rest : mount;
}

/** Inspections say `/db:/shop/database`, the option is `db:database`. */
function asLinkOption(link: string): string {
  const [from = '', to = ''] = link.split(':');
  return `${from.replace(/^\//, '')}:${to.split('/').at(-1) ?? ''}`;
}

function source(bind: string): string {
  return bind.split(':')[0] ?? '';
}

function withoutOurs(own: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(own).filter(([key]) => !key.startsWith(labels.prefix)));
}

function withoutInherited(own: JsonObject, inherited: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(own).filter(([key, value]) => canonical(value) !== canonical(inherited[key])),
  );
}

/** Engines of another version report more options, at zero: those must not look like a change. */
function withoutZeros(value: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(value).filter(
      ([key, member]) => !isZero(member) || (keptZero.has(key) && member !== null && member !== ''),
    ),
  );
}

function isZero(value: Json): boolean {
  if (value === null || value === '' || value === 0 || value === false) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
