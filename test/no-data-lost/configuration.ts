import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { composeProgram } from '../../scripts/compose-service.ts';
import type { TestDocker } from '../support/dockerd.ts';
import { password, type Ports } from './project.ts';

export interface Configuring {
  readonly folder: string;
  readonly ports: Ports;
  readonly project: string;
  readonly docker: TestDocker;
  readonly playbook: object;
  readonly address: string;
}

/** Writes what the daemon is started with. */
export function configure({ folder, ports, project, docker, playbook, address }: Configuring): {
  readonly configPath: string;
  readonly url: string;
} {
  const pack = join(folder, 'pack');
  mkdirSync(pack);
  const health = { http: { url: `${address}/health`, timeout: '2s' } };
  const rules = { health: { every: '1s', ...health, levels: { critical: { failures: 2 } } } };
  writeFileSync(join(pack, 'rules.yaml'), stringify({ rules }));
  writeFileSync(join(pack, 'playbooks.yaml'), stringify({ playbooks: { everything: playbook } }));
  writeFileSync(join(folder, 'db-password'), password, { mode: 0o600 });
  const configPath = join(folder, 'rollbackd.yaml');
  const account = { user: 'shop', password: { file: join(folder, 'db-password') } };
  const shop = join(folder, 'shop');
  writeFileSync(
    configPath,
    stringify({
      version: 1,
      mode: 'auto',
      include: ['pack'],
      store: `sqlite:${join(folder, 'state', 'rollbackd.db')}`,
      listen: `127.0.0.1:${ports.daemon}`,
      docker: { socket: docker.socket, compose: composeProgram() },
      defaults: { bake: '3s', grace: '2s' },
      file_roots: [shop],
      data_stores: {
        orders: {
          mysql: {
            url: `mysql://127.0.0.1:${ports.db}/shop`,
            ...account,
            schema_version: 'SELECT MAX(version) FROM migrations',
          },
        },
        cache: { redis: { url: `redis://127.0.0.1:${ports.cache}/0` } },
      },
      backups: {
        directory: join(folder, 'sets'),
        recipes: {
          shop: { stores: ['orders'], files: [join(shop, '.env'), join(shop, 'docker-compose.yml')] },
        },
      },
      targets: {
        shop: {
          stack: { project, directory: shop, files: ['docker-compose.yml'] },
          address,
          rules: ['pack'],
          playbook: 'everything',
        },
      },
    }),
  );
  return { configPath, url: `http://127.0.0.1:${ports.daemon}` };
}
