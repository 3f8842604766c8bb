import { expect, test } from 'vitest';
import { releaseId } from '../../src/domain/release.ts';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { config, image, watching } from './fixtures.ts';

const id = (version: number): string => releaseId([image(version), config]);

/** Looks every ten seconds at a version that runs for so long. */
function runs(w: ReturnType<typeof watching>, version: number, ms: number, opId: string | null = null): void {
  for (let left = ms; left > 0; left -= 10 * SECOND) {
    w.see([image(version), config], { opId });
    w.wait(10 * SECOND);
  }
}

test('what ran already at first sight did not arrive', () => {
  const w = watching();
  expect(w.releases().arrival('shop')).toBeNull();
  runs(w, 1, HOUR);
  expect(w.releases().arrival('shop')).toBeNull();
});

test('what replaces it did, after the last look at which it was not there', () => {
  const w = watching();
  runs(w, 1, HOUR);
  const seen = w.now();
  runs(w, 2, MINUTE);
  expect(w.releases().arrival('shop')).toEqual({
    release: id(2),
    since: seen,
    deployedAt: seen - 10 * SECOND,
  });
});

test('going back is no deployment: the time before is still that before the release that was left', () => {
  const w = watching();
  runs(w, 1, HOUR);
  const deployedAt = w.now();
  runs(w, 2, 10 * MINUTE);
  const back = w.now();
  runs(w, 1, MINUTE, 'i-1/abc/1/0');
  expect(w.releases().arrival('shop')).toEqual({ release: id(1), since: back, deployedAt });
});

test('the next deployment after a rollback has a time before of its own, and so has one that comes again', () => {
  const w = watching();
  runs(w, 1, HOUR);
  runs(w, 2, 10 * MINUTE);
  runs(w, 1, HOUR, 'i-1/abc/1/0');
  const third = w.now();
  runs(w, 3, 10 * MINUTE);
  expect(w.releases().arrival('shop')).toMatchObject({ release: id(3), deployedAt: third - 10 * SECOND });
  runs(w, 1, HOUR, 'i-2/abc/1/0');
  const again = w.now();
  runs(w, 3, MINUTE);
  expect(w.releases().arrival('shop')).toMatchObject({ release: id(3), deployedAt: again - 10 * SECOND });
});

test('what was only recorded has never been there to go back from', () => {
  const w = watching();
  runs(w, 1, HOUR);
  w.keep(w.releases().record('shop', [{ kind: 'image', value: 'sha256:999' }], null, w.now(), 'ci'));
  expect(w.releases().arrival('shop')).toBeNull();
});

test('a restart knows when what runs arrived', () => {
  const w = watching();
  runs(w, 1, HOUR);
  runs(w, 2, 10 * MINUTE);
  const before = w.releases().arrival('shop');
  w.restart();
  expect(w.releases().arrival('shop')).toEqual(before);
  runs(w, 1, MINUTE, 'i-1/abc/1/0');
  const back = w.releases().arrival('shop');
  w.restart();
  expect(w.releases().arrival('shop')).toEqual(back);
});

test('while nothing runs nothing arrived', () => {
  const w = watching();
  runs(w, 1, HOUR);
  runs(w, 2, MINUTE);
  w.see([]);
  expect(w.releases().arrival('shop')).toBeNull();
});
