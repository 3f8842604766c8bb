import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { systemClock } from '../../src/app/clock.ts';
import { load } from '../../src/app/load.ts';

interface Service {
  readonly volumes?: readonly string[];
  readonly env_file?: readonly string[];
  readonly networks: readonly string[];
  readonly user?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly ports?: readonly string[];
  readonly healthcheck?: unknown;
}

const root = dirname(dirname(import.meta.dirname));
const compose = parse(readFileSync(join(root, 'deploy/compose.yaml'), 'utf8')) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>;
};

const service = (name: string): Service => {
  const found = compose.services[name];
  if (found === undefined) throw new Error(`deploy/compose.yaml has no service ${name}`);
  return found;
};

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sidecar-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the example configuration is right, as the sidecar mounts it', async () => {
  cpSync(join(root, 'rules'), join(folder, 'rules'), { recursive: true });
  const written = await readFile(join(root, 'deploy/rollbackd.yaml'), 'utf8');
  writeFileSync(join(folder, 'admin'), 'a-token-of-some-length-0123456789\n');
  writeFileSync(join(folder, 'webhook'), 'https://hooks.slack.example/services/T0/B0/x\n');
  writeFileSync(
    join(folder, 'rollbackd.yaml'),
    written
      .replace('/run/secrets/rollbackd_admin', join(folder, 'admin'))
      .replace('/run/secrets/slack_webhook', join(folder, 'webhook')),
  );

  const loaded = await load(join(folder, 'rollbackd.yaml'), { clock: systemClock(), environment: {} });
  expect(loaded.ok ? [] : loaded.problems).toEqual([]);
  expect(loaded.ok && loaded.configuration.mode).toBe('notify');
  expect(loaded.ok && loaded.configuration.docker).toEqual({ url: 'http://socket-proxy:2375' });
  expect(loaded.ok && loaded.configuration.hostRoot).toBe('/host');
});

test('only the socket proxy holds the socket of the engine, and cannot replace it', () => {
  const holders = Object.entries(compose.services).flatMap(([name, { volumes = [] }]) =>
    volumes.filter((volume) => volume.includes('docker.sock')).map((volume) => `${name} ${volume}`),
  );
  expect(holders).toEqual(['socket-proxy /var/run/docker.sock:/var/run/docker.sock:ro']);
});

test('the proxy is reached over a network without a way out, by rollbackd alone, under the committed rules', () => {
  const members = Object.entries(compose.services).filter(([, { networks }]) => networks.includes('engine'));
  expect(members.map(([name]) => name)).toEqual(['socket-proxy', 'rollbackd']);
  expect(compose.networks['engine']).toEqual({ internal: true });
  expect(service('socket-proxy').env_file).toEqual(['socket-proxy.watch.env', 'socket-proxy.act.env']);
});

test('rollbackd runs without privileges, sees the host read-only, and listens to this machine alone', () => {
  const { read_only, cap_drop, volumes, ports } = service('rollbackd');
  expect({ read_only, cap_drop, ports }).toEqual({
    read_only: true,
    cap_drop: ['ALL'],
    ports: ['127.0.0.1:7390:7390'],
  });
  expect(volumes).toContain('/:/host:ro,rslave');
  expect(service('rollbackd').healthcheck).toMatchObject({ interval: '15s' });
});
