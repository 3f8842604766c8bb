import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { aDirectory } from '../rollback/a-directory.ts';
import { aRemote, type RemoteUnderTest } from '../rollback/a-remote.ts';
import { writeConfiguration } from './configuration.ts';
import { DaemonProcess } from './daemon-process.ts';
import { freePort } from './ports.ts';

/** What of the shop's answers lies in the repository. */
const healthy = { 'health.json': '{ "status": "UP" }\n' };
export const ill = { 'health.json': '{ "status": "DOWN" }\n' };

export interface GitShop {
  readonly remote: RemoteUnderTest;
  /** Commit of release 1. */
  readonly good: string;
  /** Commits without pushing. @returns the commit */
  commit(message: string, files: Readonly<Record<string, string>>): string;
  push(): void;
  /** Starts the daemon, and returns once release 1 runs and is called good. */
  start(playbook: readonly object[]): Promise<DaemonProcess>;
  /** Refs of the remote, as `ls-remote` shows them. */
  refs(): string;
}

/** A shop that is deployed by pushing: a hook of the remote checks the branch out, and the shop answers from there. */
export async function gitShop(): Promise<GitShop> {
  const remote = aRemote();
  const folder = aDirectory();
  const deployed = join(folder, 'deployed');
  mkdirSync(deployed);
  const hook = join(remote.url, 'hooks', 'post-receive');
  writeFileSync(hook, `#!/bin/sh\nexec git --work-tree='${deployed}' checkout --quiet --force main\n`);
  chmodSync(hook, 0o755);
  const push = (): void => void remote.develop('push', '--quiet', 'origin', 'main');
  const commit: GitShop['commit'] = (message, files) => {
    const work = remote.develop('rev-parse', '--show-toplevel');
    for (const [path, text] of Object.entries(files)) writeFileSync(join(work, path), text);
    remote.develop('add', '--all');
    remote.develop('commit', '--quiet', '--message', message);
    return remote.develop('rev-parse', 'HEAD');
  };
  const good = commit('release 1', { ...healthy, 'shop.txt': 'one\n' });
  push();
  const address = await serve(deployed);
  return {
    remote,
    good,
    commit,
    push,
    start: async (steps) => {
      const port = await freePort();
      const configPath = writeConfiguration({
        folder,
        port,
        pack: packWith(steps),
        targets: {
          shop: {
            repository: { url: remote.url, branch: 'main' },
            rules: ['layra'],
            address,
            playbook: 'revert',
          },
        },
        more: { defaults: { bake: '10m', grace: '1s' }, allowed_programs: [process.execPath] },
      });
      const daemon = await DaemonProcess.start({ configPath, url: `http://127.0.0.1:${port}` });
      onTestFinished(() => daemon.stop('SIGKILL').then(() => {}));
      const release = await daemon.until(
        'release 1 is seen',
        async () => (await daemon.target('shop')).current,
      );
      await daemon.cli('release', 'good', 'shop', release.id);
      return daemon;
    },
    refs: () => remote.git('for-each-ref', '--format=%(objectname) %(refname)'),
  };
}

function packWith(steps: readonly object[]) {
  const http = {
    url: '${target.address}/health',
    timeout: '1s',
    expect: { status: 200, json: { status: 'UP' } },
  };
  return {
    rules: {
      health: { summary: 'The shop is up', every: '1s', http, levels: { critical: { failures: 3 } } },
    },
    playbooks: {
      revert: { steps, verify: { settle: '1s', functionality: { within: '20s', checks: [{ http }] } } },
    },
  };
}

async function serve(deployed: string): Promise<string> {
  const server: Server = createServer((_request, response) => {
    const { status } = JSON.parse(readFileSync(join(deployed, 'health.json'), 'utf8')) as { status: string };
    response.writeHead(status === 'UP' ? 200 : 503).end(JSON.stringify({ status }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
