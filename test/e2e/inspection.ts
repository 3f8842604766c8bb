import type { TestDocker } from '../support/dockerd.ts';

type Inspected = Record<string, unknown>;

/** What differs between two containers made from one specification: identity, state, addresses, and files of the engine. */
const own = [
  'Id',
  'Created',
  'State',
  'RestartCount',
  'ResolvConfPath',
  'HostnamePath',
  'HostsPath',
  'LogPath',
  'GraphDriver',
  'ExecIDs',
];
const addresses = [
  'EndpointID',
  'Gateway',
  'IPAddress',
  'MacAddress',
  'IPv6Gateway',
  'GlobalIPv6Address',
  'IPPrefixLen',
  'GlobalIPv6PrefixLen',
  'DNSNames',
];

interface Whole extends Inspected {
  readonly Id: string;
  readonly Config: Inspected & { Hostname: string; Labels: Record<string, string>; Env: string[] };
  readonly Mounts: readonly { Destination: string }[];
  readonly NetworkSettings: {
    readonly Networks: Record<string, Inspected & { Aliases: string[] | null }>;
    readonly Ports: unknown;
  };
}

/** The inspection of a container without what two containers of one specification do not share. */
export async function normalised(docker: TestDocker, name: string): Promise<Inspected> {
  const [found] = JSON.parse(await docker.cli('inspect', name)) as [Whole];
  const { Config, Mounts, NetworkSettings, ...rest } = found;
  const { Hostname, Labels, Env, Image: _, ...config } = Config;
  const isOwn = (word: string): boolean => found.Id.startsWith(word);
  return {
    ...withoutEmpty(without(rest, own)),
    Config: {
      ...config,
      // One is named by its tag, the other by its id; which image it is stands in `Image` of the whole.
      Hostname: isOwn(Hostname) ? 'from the id' : Hostname,
      Labels: withoutOurs(Labels),
      Env: Env.toSorted(),
    },
    Mounts: Mounts.toSorted((a, b) => a.Destination.localeCompare(b.Destination)),
    Ports: NetworkSettings.Ports,
    Networks: Object.fromEntries(
      Object.entries(NetworkSettings.Networks).map(([network, endpoint]) => [
        network,
        {
          ...without(endpoint, addresses),
          Aliases: (endpoint.Aliases ?? []).filter((alias) => !isOwn(alias)).toSorted(),
        },
      ]),
    ),
  };
}

/** Engines say `null`, `[]` and nothing at all for the same. */
function withoutEmpty(value: Inspected): Inspected {
  const kept = Object.entries(value).filter(([, member]) => !isEmpty(member));
  return Object.fromEntries(
    kept.map(([name, member]) => [name, isRecord(member) ? withoutEmpty(member) : member]),
  );
}

function isEmpty(value: unknown): boolean {
  return value === null || (typeof value === 'object' && Object.keys(value).length === 0);
}

function isRecord(value: unknown): value is Inspected {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function without(value: Inspected, names: readonly string[]): Inspected {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));
}

function withoutOurs(labels: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => !name.startsWith('io.rollbackd.')));
}

/** What an engine lists, of one test: the lines that hold its name. */
export async function listings(docker: TestDocker, of: string): Promise<Record<string, readonly string[]>> {
  const lines = async (...args: string[]): Promise<readonly string[]> =>
    (await docker.cli(...args))
      .split('\n')
      .filter((line) => line.includes(of))
      .toSorted();
  return {
    containers: await lines('ps', '--all', '--format', '{{.Names}} {{.State}}'),
    images: await lines('images', '--all', '--no-trunc', '--format', '{{.Repository}}:{{.Tag}} {{.ID}}'),
    networks: await lines('network', 'ls', '--format', '{{.Name}} {{.Driver}}'),
    volumes: await lines('volume', 'ls', '--format', '{{.Name}}'),
  };
}
