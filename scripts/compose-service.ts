import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Debian 12 has no Compose of version 2; the release after it has. */
const nextRelease = 'trixie';
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
const insidePackage = 'usr/libexec/docker/cli-plugins/docker-compose';
const cache = join(homedir(), '.cache', 'rollbackd-tests');
const unpacked = join(cache, 'docker-compose');

/** Where Compose of version 2 may be: of this machine, or as it was unpacked for the tests. */
const places = [
  '/usr/local/lib/docker/cli-plugins/docker-compose',
  '/usr/lib/docker/cli-plugins/docker-compose',
  '/usr/libexec/docker/cli-plugins/docker-compose',
  join(unpacked, insidePackage),
] as const;

/** Path of Docker Compose, version 2; null when it is neither installed nor unpacked. */
export function composeProgram(): string | null {
  return places.find((place) => existsSync(place)) ?? null;
}

/**
 * Makes Docker Compose available to the tests without installing it: the package of Debian's next release is fetched
 * from the mirror that this machine uses, checked by its signature, and unpacked into a cache beside the home folder.
 *
 * @returns null when it is there, otherwise what was tried and went wrong
 */
export function provideCompose(): string | null {
  if (composeProgram() !== null) return null;
  const mirror = mirrorOf() ?? (apt({ words: ['update', '--quiet'] }) === null ? mirrorOf() : null);
  if (mirror === null) return 'apt-get indextargets names no mirror of Debian';
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'fetch-'));
  try {
    return fetchFrom(mirror, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Fetched with lists of its own: the machine's sources stay as they are. */
function fetchFrom(mirror: string, folder: string): string | null {
  for (const part of ['lists/partial', 'cache/archives/partial'])
    mkdirSync(join(folder, part), { recursive: true });
  const signed = existsSync(keyring) ? `[signed-by=${keyring}] ` : '';
  writeFileSync(join(folder, 'sources.list'), `deb ${signed}${mirror} ${nextRelease} main\n`);
  const own = [
    `Dir::Etc::SourceList=${join(folder, 'sources.list')}`,
    'Dir::Etc::SourceParts=/dev/null',
    `Dir::State::Lists=${join(folder, 'lists')}`,
    `Dir::Cache=${join(folder, 'cache')}`,
    'APT::Sandbox::User=root',
    'Acquire::Languages=none',
    'Acquire::Retries=3',
  ].flatMap((option) => ['-o', option]);
  console.error(`rollbackd: unpacking docker-compose of Debian ${nextRelease} into ${unpacked}`);
  const problem =
    apt({ options: own, words: ['update', '--quiet'] }) ??
    apt({ options: own, words: ['download', 'docker-compose'], cwd: folder });
  if (problem !== null) return `${problem} (docker-compose of ${nextRelease} from ${mirror})`;
  const file = readdirSync(folder).find((name) => name.endsWith('.deb'));
  if (file === undefined) return `apt-get download docker-compose left no package`;
  const aside = join(folder, 'unpacked');
  const unpack = spawnSync('dpkg', ['-x', join(folder, file), aside], { stdio: ['ignore', 2, 2] });
  if (unpack.status !== 0 || !existsSync(join(aside, insidePackage)))
    return `dpkg -x ${file} gave no ${insidePackage}`;
  rmSync(unpacked, { recursive: true, force: true });
  renameSync(aside, unpacked);
  return null;
}

/** The mirror that this machine fetches its main packages from, or null. */
function mirrorOf(): string | null {
  const format = '$(CREATED_BY) $(ORIGIN) $(COMPONENT) $(RELEASE) $(REPO_URI)';
  const listed = spawnSync('apt-get', ['indextargets', '--format', format], { encoding: 'utf8' });
  const lines = (listed.stdout ?? '').split('\n').map((line) => line.split(' '));
  const main = lines.find(
    ([by, origin, component, release = '']) =>
      by === 'Packages' && origin === 'Debian' && component === 'main' && !release.includes('-'),
  );
  return main?.[4] ?? null;
}

interface AptCall {
  readonly options?: readonly string[];
  readonly words: readonly string[];
  readonly cwd?: string;
}

/** null when it went well. */
function apt({ options = [], words, cwd }: AptCall): string | null {
  const run = spawnSync('apt-get', [...options, ...words], { stdio: ['ignore', 2, 2], cwd });
  return run.status === 0 ? null : `apt-get ${words.join(' ')} ended with ${run.status}`;
}
