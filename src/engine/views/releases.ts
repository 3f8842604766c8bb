import type { ReleaseView } from '../../domain/ports/daemon.ts';
import type { Releases } from '../../domain/ports/releases.ts';
import { nameRelease, type Release } from '../../domain/release.ts';

/** A release as people see it: without its sealed specification. */
export function releaseView(releases: Releases, release: Release, now: number): ReleaseView {
  const { id, target, components, standing, because, bakedMs, barrier, firstSeenAt, servedAt } = release;
  return {
    id,
    name: nameRelease(release),
    components: components.map(({ kind, value, label }) => ({ kind, value, label })),
    standing,
    because,
    current: releases.current(target)?.id === id,
    lastGood: releases.candidate(target, now).release?.id === id,
    bakedMs,
    barrier,
    firstSeenAt,
    servedAt,
  };
}
