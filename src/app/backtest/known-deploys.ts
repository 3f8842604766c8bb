import { readFile } from 'node:fs/promises';
import type { Deploy } from '../../backtest/deploys.ts';
import { readDeploys } from '../../backtest/deploys.ts';
import { pastCommits } from '../../clients/git/past.ts';
import type { DaemonApi } from '../../clients/api/api-client.ts';
import type { Configuration } from '../../domain/configuration.ts';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import type { ReleaseView } from '../../domain/ports/daemon.ts';
import type { Variables } from '../../domain/variables.ts';

/** Where deployments are known from. Several may be given; all count. */
export interface DeploySources {
  readonly file: string | null;
  readonly git: { readonly directory: string; readonly range: string } | null;
  /** The running daemon, whose registry says what it saw. */
  readonly registry: DaemonApi | null;
}

/** All deployments that anybody knows of, oldest first; one that two know of counts once, and `bad` wins. */
export async function knownDeploys(
  { file, git, registry }: DeploySources,
  configuration: Configuration,
  around: {
    readonly environment: Variables;
    readonly signal: AbortSignal;
  },
): Promise<readonly Deploy[]> {
  const targets = Object.keys(configuration.targets);
  const all = [
    ...(file === null ? [] : await inFile(file, targets)),
    ...(git === null ? [] : await inGit(git, configuration, around)),
    ...(registry === null ? [] : await inRegistry(registry, targets)),
  ];
  const unique = new Map<string, Deploy>();
  for (const deploy of all) {
    const name = `${deploy.at} ${deploy.target} ${deploy.release}`;
    const before = unique.get(name);
    unique.set(name, { ...deploy, bad: before === undefined ? deploy.bad : worse(before.bad, deploy.bad) });
  }
  return [...unique.values()].toSorted((a, b) => a.at - b.at);
}

async function inFile(path: string, targets: readonly string[]): Promise<readonly Deploy[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new RollbackError('USAGE', `--deploys: ${messageOf(cause)}`, {}, { cause });
  }
  const deploys = readDeploys(text, path);
  const strange = [...new Set(deploys.map(({ target }) => target))].filter((name) => !targets.includes(name));
  if (strange.length === 0) return deploys;
  throw new RollbackError(
    'CONFIG_INVALID',
    `${path}: there is no target ${strange.join(', ')} here; there are ${targets.join(', ')}`,
  );
}

/** Tags where the range has any, else every commit: of the targets of that repository, or of all if none says so. */
async function inGit(
  git: NonNullable<DeploySources['git']>,
  { targets }: Configuration,
  around: Parameters<typeof knownDeploys>[2],
): Promise<readonly Deploy[]> {
  const commits = await pastCommits({ ...git, ...around });
  const reverted = new Set(commits.flatMap(({ reverts }) => reverts ?? []));
  const tagged = commits.filter(({ tags }) => tags.length > 0);
  const all = Object.values(targets);
  const own = all.filter(({ repository }) => repository?.url.replace(/^file:\/\//, '') === git.directory);
  return (own.length > 0 ? own : all).flatMap(({ name }) =>
    (tagged.length > 0 ? tagged : commits).map(({ sha, at, tags }) => ({
      at,
      target: name,
      release: tags[0] ?? sha.slice(0, 12),
      bad: reverted.has(sha) ? true : null,
    })),
  );
}

async function inRegistry(api: DaemonApi, targets: readonly string[]): Promise<readonly Deploy[]> {
  const all: Deploy[] = [];
  for (const target of targets) {
    for (const release of await api.releases(target))
      all.push({
        at: release.firstSeenAt,
        target,
        release: labelOf(release),
        bad: release.standing === 'unproven' ? null : release.standing === 'bad',
      });
  }
  return all;
}

function labelOf({ id, components }: ReleaseView): string {
  const labels = components.filter(({ kind }) => kind !== 'config').map(({ label }) => label);
  return labels.length === 0 ? id : labels.join(' + ');
}

function worse(a: boolean | null, b: boolean | null): boolean | null {
  if (a === true || b === true) return true;
  return a ?? b;
}
