import { digest } from './json.ts';

export const componentKinds = ['image', 'config', 'commit', 'link', 'stack', 'service', 'schema'] as const;
export type ComponentKind = (typeof componentKinds)[number];

/** One coordinate of a release. */
export interface Component {
  readonly kind: ComponentKind;
  /**
   * What identifies it: image id, keyed digest of the create specification, commit SHA, link destination, digest over
   * the images and specifications of a stack's services, image and keyed digest of a Swarm service's specification, data
   * store and version of its schema.
   */
  readonly value: string;
  /** What people call it: a tag, an abbreviated SHA, a directory name. Never a secret. */
  readonly label: string;
  /** Registry digests of an image, for pulling it again. */
  readonly digests?: readonly string[];
  /** Ids of the images that a stack is made of: all of them are kept. */
  readonly images?: readonly string[];
}

export type Standing = 'unproven' | 'good' | 'bad';

/** The coordinates of a target at one time. The same set of components is the same release. */
export interface Release {
  readonly id: string;
  readonly target: string;
  readonly components: readonly Component[];
  readonly standing: Standing;
  /** Why it has this standing: `baked 10m`, `recorded by ci`, `incident i-7k3f9a`. */
  readonly because: string;
  readonly firstSeenAt: number;
  /** The last instant at which it was seen serving. */
  readonly servedAt: number;
  readonly goodAt: number | null;
  /** How long it has baked so far, in ms. */
  readonly bakedMs: number;
  /** Why nothing may go back behind this release, e.g. a migration; null if it may. */
  readonly barrier: string | null;
  /** The recorded specification, sealed; null for kinds that need none. */
  readonly sealed: string | null;
}

/** What an observer saw of a target. */
export interface Sighting {
  readonly at: number;
  /** Empty when the thing is not there. */
  readonly components: readonly Component[];
  /** null when nothing can tell. */
  readonly healthy: boolean | null;
  /** It ended by itself, and nothing will start it again. */
  readonly exited: boolean;
  /** It was told to stop: what ran is on its way out, and something else may be about to arrive. */
  readonly leaving?: boolean;
  /** The recorded specification, sealed. */
  readonly sealed: string | null;
  /** The `op_id` of the effect of ours that made it, if any. */
  readonly opId: string | null;
  /** Who else manages it, where it can be known: `compose`, `watchtower`, … */
  readonly manager: string | null;
}

/** `r-` and the first 12 hex digits of the digest of its components. */
export function releaseId(components: readonly Component[]): string {
  const identity = components.map(({ kind, value }) => `${kind}=${value}`).sort();
  return `r-${digest(identity).slice(0, 12)}`;
}

/** What people read: `shop:2 (r-0a1b2c3d4e5f)`. */
export function nameRelease(release: Pick<Release, 'id' | 'components'>): string {
  const labels = release.components.filter(({ kind }) => kind !== 'config').map(({ label }) => label);
  return labels.length === 0 ? release.id : `${labels.join(' + ')} (${release.id})`;
}

/** The version of a data store's schema, as a component: `shop_db=42`. */
export function schemaComponent(store: string, version: string): Component {
  return { kind: 'schema', value: `${store}=${version}`, label: `${store} schema ${version}` };
}

/** The versions of schemas that a release consists of, by data store. */
export function schemasOf({ components }: Pick<Release, 'components'>): ReadonlyMap<string, string> {
  const schemas = components.filter(({ kind }) => kind === 'schema');
  return new Map(
    schemas.map(({ value }) => [value.split('=', 1)[0] ?? '', value.slice(value.indexOf('=') + 1)]),
  );
}
