import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ReleaseView } from '../../src/domain/ports/daemon.ts';
import { aDirectory } from '../rollback/a-directory.ts';
import { writeConfiguration } from './configuration.ts';
import { DaemonProcess } from './daemon-process.ts';
import { gitShop, ill } from './git-shop.ts';
import { freePort } from './ports.ts';

test('two bad commits are taken back by one that is pushed with its tag and trailers, and the shop recovers', async () => {
  const shop = await gitShop();
  const daemon = await shop.start([{ 'git.revert': {} }]);
  const second = shop.commit('release 2a', { 'shop.txt': 'two\n' });
  const third = shop.commit('release 2b', ill);
  shop.push();

  const closed = await ended(daemon);

  expect(closed).toMatchObject({ outcome: 'rolled_back', severity: 'critical', target: 'shop' });
  const { remote, good } = shop;
  const release = (await releases(daemon)).find(({ standing }) => standing === 'good');
  const subject = `Roll back shop to ${good.slice(0, 7)} (${release?.id})`;
  expect(remote.git('log', '--first-parent', '--format=%H %s', 'main').split('\n')).toEqual([
    `${remote.head()} ${subject}`,
    `${third} release 2b`,
    `${second} release 2a`,
    `${good} release 1`,
  ]);
  expect(remote.git('diff', '--stat', good, 'main')).toBe('');
  const [effect] = (await daemon.incident(closed.id)).effects;
  expect(remote.git('log', '-1', '--format=%B', 'main')).toBe(
    [
      subject,
      '',
      `rollbackd takes back 2 commits because of incident ${closed.id}.`,
      '',
      `This reverts commit ${third}.`,
      `This reverts commit ${second}.`,
      '',
      `Rollbackd-Incident: ${closed.id}`,
      `Rollbackd-Op: ${effect?.opId}`,
    ].join('\n'),
  );
  const [tag = '', ...others] = remote.tags();
  expect([others, tag]).toEqual([[], expect.stringMatching(/^rollback-\d{8}-\d{6}$/)]);
  expect(remote.git('cat-file', '-t', tag)).toBe('tag');
  expect(remote.git('rev-parse', `${tag}^{commit}`)).toBe(remote.head());
  expect(
    (await releases(daemon)).map(({ components, standing }) => [components[0]?.value, standing]),
  ).toEqual([
    [remote.head(), 'unproven'],
    [third, 'bad'],
    [good, 'good'],
  ]);
});

test('a conflict is handed over with the commands for a person, and nothing is pushed', async () => {
  const shop = await gitShop();
  const second = shop.commit('release 2a', { 'shop.txt': 'two\n' });
  shop.commit('release 2b', { ...ill, 'shop.txt': 'three\n' });
  const daemon = await shop.start([{ 'git.revert': { commits: [second] } }]);
  shop.push();
  const before = shop.refs();

  const row = await ended(daemon);

  expect(row).toMatchObject({ outcome: 'handed_over', state: 'handed_over' });
  expect(row.reason).toBe(
    `a step failed: git.revert: GIT_CONFLICT: reverting ${second.slice(0, 12)} conflicts in shop.txt; nothing was pushed`,
  );
  expect(shop.refs()).toBe(before);
  const { output } = await daemon.cli('show', row.id);
  expect(output).toContain('BY HAND\n  git clone --branch main ');
});

test('a push of somebody else between plan and revert stops it, and nothing of ours is pushed', async () => {
  const shop = await gitShop();
  const go = join(aDirectory(), 'go');
  const program = `setInterval(() => require('fs').existsSync(${JSON.stringify(go)}) && process.exit(), 50)`;
  const daemon = await shop.start([
    { command: { run: [process.execPath, '-e', program] } },
    { 'git.revert': {} },
  ]);
  const second = shop.commit('release 2', ill);
  shop.push();
  await daemon.until('the step before the revert runs', async () => daemon.said('effect.started')[0]);
  const third = shop.commit('release 3', { 'shop.txt': 'three\n' });
  shop.push();
  const before = shop.refs();
  writeFileSync(go, '');

  const row = await ended(daemon);

  expect(row).toMatchObject({ outcome: 'handed_over' });
  expect(row.reason).toBe(
    `a step failed: git.revert: GIT_REMOTE_MOVED: main is at ${third.slice(0, 12)}, not at ${second.slice(0, 12)}; nothing was pushed`,
  );
  expect(shop.refs()).toBe(before);
});

test('hostile remotes and branches are refused at load, each with its place', async () => {
  const folder = aDirectory();
  const witness = join(folder, 'witness');
  const repositories = {
    helper: { url: `ext::touch% ${witness}`, branch: 'main' },
    option: { url: `--upload-pack=touch ${witness}`, branch: 'main' },
    proxy: { url: `ssh://-oProxyCommand=touch%20${witness}/x`, branch: 'main' },
    password: { url: 'https://me:hunter2@git.example/shop', branch: 'main' },
    ref: { url: '/srv/shop.git', branch: `--upload-pack=touch ${witness}` },
    head: { url: '/srv/shop.git', branch: 'HEAD' },
  };
  const configPath = writeConfiguration({
    folder,
    port: await freePort(),
    pack: { rules: {}, playbooks: { revert: { steps: [{ 'git.revert': {} }] } } },
    targets: Object.fromEntries(
      Object.entries(repositories).map(([name, repository]) => [
        name,
        { repository, rules: ['layra'], playbook: 'revert' },
      ]),
    ),
  });

  const { code, output } = await DaemonProcess.fails({ configPath, url: '' });

  expect(code).toBe(1);
  const forms = 'expected https://host/path, ssh://user@host/path, file:///path or an absolute path';
  const secret = "must not hold a user or password; use ssh keys, or a .netrc file of the daemon's user";
  expect(output.trimEnd().split('\n')).toEqual([
    `${configPath}:14:12  targets.helper.repository.url    ${forms}`,
    `${configPath}:21:12  targets.option.repository.url    ${forms}`,
    `${configPath}:28:12  targets.proxy.repository.url     ${forms}`,
    `${configPath}:35:12  targets.password.repository.url  ${secret}`,
    `${configPath}:43:15  targets.ref.repository.branch    is not a branch name: it must not begin with a dash`,
    `${configPath}:50:15  targets.head.repository.branch   is not a branch name: HEAD moves; state the branch itself`,
    `${configPath}: 6 problems; nothing was started`,
  ]);
  expect(existsSync(witness)).toBe(false);
});

function releases(daemon: DaemonProcess) {
  return daemon.get<readonly ReleaseView[]>('/api/v1/targets/shop/releases');
}

function ended(daemon: DaemonProcess) {
  return daemon.until('the incident has an outcome', async () => {
    const [row] = await daemon.incidents('shop');
    return row?.outcome === null ? null : row;
  });
}
