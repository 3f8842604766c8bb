import { mkdirSync, readlinkSync, renameSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Site } from './site.ts';

/** Two release directories and a link. The restart program tells of its switches. */
export function linkSite(folder: string): Site {
  for (const release of [1, 2])
    mkdirSync(join(folder, 'releases', `release-${release}`), { recursive: true });
  const current = join(folder, 'current');
  return {
    name: 'shop',
    target: { link: current },
    settings: {},
    deploy: async (release) => {
      symlinkSync(join('releases', `release-${release}`), `${current}.deployed`);
      renameSync(`${current}.deployed`, current);
    },
    serves: async () => (basename(readlinkSync(current)) === 'release-1' ? 1 : 2),
    reset: async () => {},
    acts: async () => [],
  };
}
