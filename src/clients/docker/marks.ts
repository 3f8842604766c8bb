import { digest } from '../../domain/json.ts';

/** Labels on things of ours. They are never part of a recorded specification. */
export const labels = {
  prefix: 'io.rollbackd.',
  /** `op_id` of the effect that made the container. */
  op: 'io.rollbackd.op',
  target: 'io.rollbackd.target',
  release: 'io.rollbackd.release',
  /** What people call the image of a container that was created by image id. */
  image: 'io.rollbackd.image',
  /** JSON about the container that this one replaces: how to put it back. */
  replaces: 'io.rollbackd.replaces',
  /** JSON about how the containers of a stack's service are replaced, to be gone on with after a crash. */
  order: 'io.rollbackd.order',
  /** What a service of a stack depends on, as Compose writes it: it leaves that out when it starts one service alone. */
  dependsOn: 'io.rollbackd.depends_on',
  /** On a Swarm service: when its update before ours had begun, so that ours can be told from it. */
  since: 'io.rollbackd.since',
  /** `undo` on a container that an effect made when it was taken back. */
  purpose: 'io.rollbackd.purpose',
  /** On a created, never started container that keeps an image: the release it keeps. */
  pin: 'io.rollbackd.pin',
  /** On a created, never started container: when the restarted container had started before. */
  restart: 'io.rollbackd.restart',
  /** `daemon`, `proxy`, `prometheus` or `store`: never rolled back. */
  role: 'io.rollbackd.role',
} as const;

/** Names that a container goes by while it is not the one that serves. */
export interface PlaceNames {
  /** Made, but not yet in its place. */
  readonly next: string;
  readonly replaced: string;
  /** Made, and did not come up or was undone. */
  readonly failed: string;
}

/** The names around a container for one effect. `op_id` is too long for a name, so 8 digits of its digest stand for it. */
export function placeNames(container: string, opId: string): PlaceNames {
  const short = digest(opId).slice(0, 8);
  return {
    next: `${container}.rollbackd-next-${short}`,
    replaced: `${container}.rollbackd-replaced-${short}`,
    failed: `${container}.rollbackd-failed-${short}`,
  };
}

/** Whether a container is out of its place because of a rollback of the container `of`. */
export function isSetAside(name: string, of: string): boolean {
  return ['next', 'replaced', 'failed'].some((where) => name.startsWith(`${of}.rollbackd-${where}-`));
}
