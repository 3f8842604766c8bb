import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Kept } from '../../src/domain/ports/observer.ts';
import type { Release } from '../../src/domain/release.ts';
import { DAY, HOUR } from '../../src/domain/time.ts';
import { dockerKeeper } from '../../src/releases/keeper.ts';
import { describeWithDocker } from '../support/dockerd.ts';
import { buildImage } from '../support/image.ts';
import { forever, listings, openWorkshop, releaseNow, targetOf, type Workshop } from './workshop.ts';

describeWithDocker('pins', () => {
  let shop: Workshop;
  let release: Release;
  const keeper = (): ReturnType<typeof dockerKeeper> =>
    dockerKeeper({ docker: shop.docker, replacedMs: 24 * HOUR });
  const target = (): ReturnType<typeof targetOf> => targetOf(shop.engine.name('shop'), 'Shop_1');

  const settled = (settledAt: number | null): Kept => ({ releases: [release.id], settledAt });

  beforeAll(async () => {
    shop = await openWorkshop({ own: true });
  });
  afterAll(async () => shop.close());

  const recorded = async (tag: string): Promise<Release> => {
    await buildImage(shop.engine, {
      tag,
      files: { '/tag': tag },
      changes: ['CMD ["sleep","1"]', 'VOLUME /data'],
    });
    const name = shop.engine.name('shop');
    await shop.engine.cli('create', '--name', name, '--mount', 'type=tmpfs,target=/data', tag);
    const seen = await releaseNow(shop, target());
    await shop.engine.cli('rm', '-v', name);
    return seen;
  };

  test('a pinned image survives every prune of images, and of the system without its images', async () => {
    release = await recorded('shop:1');
    await keeper().pin(target(), release, forever);
    await keeper().pin(target(), release, forever);
    await shop.engine.cli('image', 'prune', '-af');
    expect(await keeper().present(target(), release, forever)).toBe(true);
    await shop.engine.cli('system', 'prune', '-f');
    expect(await keeper().present(target(), release, forever)).toBe(true);
  });

  test('a pin that lost its container is whole again when it is pinned again, and adds nothing but a tag and a container', async () => {
    const before = await listings(shop);
    await keeper().pin(target(), release, forever);
    const after = await listings(shop);
    expect(after).toEqual(before);
    expect(await shop.engine.cli('ps', '-a', '--format', '{{.Names}} {{.State}}')).toBe(
      `rollbackd-pin-shop-1-e51d81-${release.id} created`,
    );
    await shop.engine.cli('image', 'prune', '-af');
    expect(await keeper().present(target(), release, forever)).toBe(true);
  });

  test('an image that is gone is not present and cannot be pinned', async () => {
    const lost = await recorded('shop:lost');
    await shop.engine.cli('rmi', 'shop:lost');
    expect(await keeper().present(target(), lost, forever)).toBe(false);
    await expect(keeper().pin(target(), lost, forever)).rejects.toMatchObject({
      code: 'RELEASE_MISSING',
      message: `pinning release ${lost.id} of Shop_1: its image is not on this engine; pull it, or let it go`,
    });
  });

  test('releases that need not be kept are let go of; those of other targets stay', async () => {
    const other = await recorded('shop:2');
    await keeper().pin(target(), other, forever);
    await keeper().pin(targetOf('elsewhere'), other, forever);
    const names = await keeper().prune(target(), settled(0), 0, forever);
    expect(names).toEqual([`rollbackd-pin-shop-1-e51d81-${other.id}`]);
    const kept = await shop.engine.cli(
      'images',
      '--format',
      '{{.Repository}}:{{.Tag}}',
      '--filter',
      'reference=rollbackd.pin/*',
    );
    expect(kept.split('\n').toSorted()).toEqual([
      `rollbackd.pin/elsewhere:${other.id}`,
      `rollbackd.pin/shop-1-e51d81:${release.id}`,
    ]);
  });

  test('a replaced container is removed once its time is over, but never while it runs', async () => {
    const aside = (where: string): string => `${target().container}.rollbackd-${where}-0123abcd`;
    await shop.engine.cli('create', '--name', aside('replaced'), 'shop:2', 'true');
    await shop.engine.cli('run', '-d', '--name', aside('failed'), 'shop:2', 'sleep', '60');
    await shop.engine.cli('create', '--name', `x${aside('replaced')}`, 'shop:2', 'true');
    const ours = keeper();
    const now = Date.now();
    expect(await ours.prune(target(), settled(0), now, forever)).toEqual([]);
    expect(await ours.prune(target(), settled(0), now + DAY - HOUR, forever)).toEqual([]);
    // While an incident is open, and for a day after its end, it may have to come back.
    expect(await ours.prune(target(), settled(null), now + DAY + HOUR, forever)).toEqual([]);
    expect(await ours.prune(target(), settled(now + 2 * HOUR), now + DAY + HOUR, forever)).toEqual([]);
    expect(await ours.prune(target(), settled(now), now + DAY + HOUR, forever)).toEqual([aside('replaced')]);
    expect(await shop.docker.container(aside('failed'), forever)).not.toBeNull();
    expect(await shop.docker.container(`x${aside('replaced')}`, forever)).not.toBeNull();
  });
});
