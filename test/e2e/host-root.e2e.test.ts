import { execFileSync } from 'node:child_process';
import { chmodSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { provideRollbackdImage, rollbackdImage } from '../support/rollbackd-image.ts';
import { hurriedLayra } from './pack.ts';
import { Production } from './production.ts';
import { SampleService } from './sample-service.ts';

let production: Production;
let disk: string;

beforeAll(async () => {
  production = await Production.open();
  disk = production.fileFolder('disk');
  // As nobody in particular, the daemon has to get there.
  chmodSync(production.folder, 0o755);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', disk]);
  await provideRollbackdImage(production.docker);
}, 300_000);
afterAll(async () => {
  execFileSync('umount', ['--lazy', disk]);
  await production.close();
});

test('from inside a container, the disk of the host, memory and containers are seen, and a full disk is rolled back', async () => {
  const { docker } = production;
  const pack = hurriedLayra();
  // The path as it is on the host; inside, there is nothing at it.
  pack.rules['disk-space']!.disk = { path: disk };
  const neighbour = await SampleService.prepare(docker, 'neighbour', ['--memory=256m']);
  const container = docker.name('rollbackd');
  await using shop = await production.openShop('host', {
    pack,
    settings: [`--volume=${disk}:/disk`],
    others: {
      [neighbour.name]: {
        container: neighbour.name,
        rules: ['layra'],
        address: neighbour.address,
        playbook: 'service',
      },
    },
    more: {
      store: 'sqlite:/var/lib/rollbackd/rollbackd.db',
      docker: { socket: '/var/run/docker.sock' },
      host_root: '/host',
    },
    command: (configPath) => [
      'docker',
      `--host=unix://${docker.socket}`,
      'run',
      '--rm',
      `--name=${container}`,
      '--network=host',
      '--read-only',
      '--cap-drop=ALL',
      `--group-add=${statSync(docker.socket).gid}`,
      `--volume=${docker.socket}:/var/run/docker.sock`,
      '--volume=/:/host:ro',
      `--volume=${shop.folder}:/etc/rollbackd:ro`,
      rollbackdImage,
      'run',
      '--config',
      configPath.replace(shop.folder, '/etc/rollbackd'),
    ],
  });
  await neighbour.run(shop.image(1));
  await shop.build(2, 'litters');
  const daemon = await shop.watchUntilGood();

  expect(await docker.cli('exec', container, 'id', '-u')).toBe('7390');
  const { hosts, targets } = await daemon.status();
  expect(hosts).toMatchObject([
    {
      rule: 'layra/disk-space',
      subject: `host:${hostname()}`,
      verdict: 'ok',
      detail: `100% free on ${disk}`,
    },
  ]);
  const memory = targets.map(({ rules }) => rules.find(({ rule }) => rule === 'layra/memory')?.detail);
  expect(memory).toEqual(
    Array(2).fill(expect.stringMatching(/^\d+(\.\d+)?% of its memory limit \(.* of 256MiB\)$/)),
  );

  await shop.service.deploy(shop.image(2));
  const incident = await shop.untilIncident('closed', 'handed_over');
  expect(incident).toMatchObject({ outcome: 'rolled_back', severity: 'critical', rule: 'layra/disk-space' });
  expect(incident.levels).toMatchObject([
    { subject: `host:${hostname()}`, detail: expect.stringMatching(/^[0-4](\.\d+)?% free on /) },
  ]);
  // Which of the two targets of the host is to blame is told by who changed last.
  expect(await daemon.incidents(neighbour.name)).toEqual([]);
  expect(incident.journal.find(({ type }) => type === 'phase.passed')?.message).toMatch(/% free on \//);
  expect(await daemon.stop('SIGTERM')).toBe(0);
});
