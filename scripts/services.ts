import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { provideCompose } from './compose-service.ts';

/** Debian packages that the end-to-end tests run for real. */
export const packages = [
  'attr',
  'busybox-static',
  'ca-certificates',
  'chromium',
  'curl',
  'docker-registry',
  'docker.io',
  'faketime',
  'git',
  'iproute2',
  'iptables',
  'mariadb-client',
  'mariadb-server',
  'postgresql',
  'prometheus',
  'prometheus-alertmanager',
  'redis-server',
  'swift-account',
  'swift-container',
  'swift-object',
  'swift-proxy',
  'tmux',
] as const;

/**
 * Makes the services of the end-to-end tests available: on Debian as root, missing packages are installed.
 *
 * @returns null when everything is there, otherwise the reason why the end-to-end tests cannot run here
 */
export function provideServices(): string | null {
  const missing = missingPackages();
  if (missing === null) return 'this is not Debian (dpkg-query is missing)';
  if (missing.length === 0 && process.getuid?.() === 0) return provideCompose();
  if (process.getuid?.() !== 0) return 'the services need root';
  console.error(`rollbackd: installing Debian packages: ${missing.join(' ')}`);
  const installed =
    apt('update', '--quiet') && apt('install', '--yes', '--no-install-recommends', '--quiet', ...missing);
  const still = missingPackages() ?? [];
  if (installed && still.length === 0) return provideCompose();
  return `apt-get could not install ${still.join(', ')}; its messages are above`;
}

/** The packages that are not installed, or null where there is no dpkg. */
function missingPackages(): string[] | null {
  if (!existsSync('/usr/bin/dpkg-query')) return null;
  const query = spawnSync('/usr/bin/dpkg-query', ['-W', '-f=${Package} ${Status}\n', ...packages], {
    encoding: 'utf8',
  });
  const present = new Set(
    query.stdout
      .split('\n')
      .filter((line) => line.endsWith(' install ok installed'))
      .map((line) => line.split(' ')[0]),
  );
  return packages.filter((name) => !present.has(name));
}

function apt(...words: string[]): boolean {
  const run = spawnSync('apt-get', words, {
    stdio: ['ignore', 2, 2],
    // RUNLEVEL=1 keeps the packages' own services from starting: the tests start what they need themselves.
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
  });
  return run.status === 0;
}
