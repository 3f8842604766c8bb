import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { composeProgram } from '../../scripts/compose-service.ts';
import type { TestDocker } from '../support/dockerd.ts';
import { layMariadb } from '../support/mariadb.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');
/** Of the account of the shop. */
export const password = 'battery-staple';

/** Where everything listens on loopback. */
export interface Ports {
  readonly web: number;
  readonly db: number;
  readonly cache: number;
  readonly gate: number;
  readonly daemon: number;
}

/** What release 1 works on. */
export const schema1 = [
  'CREATE TABLE migrations (version INT PRIMARY KEY)',
  'INSERT INTO migrations VALUES (1)',
  "CREATE TABLE orders (id VARCHAR(40) PRIMARY KEY, total INT NOT NULL, customer VARCHAR(40) NOT NULL DEFAULT 'anna')",
  'CREATE TABLE shipments (order_id VARCHAR(40) PRIMARY KEY, CONSTRAINT of_order FOREIGN KEY (order_id) REFERENCES orders (id))',
].join('; ');

/** What release 2 brings along: wrong sums, orders that vanish under their shipments, and a column that is no more. */
export const badMigration = [
  'INSERT INTO migrations VALUES (2)',
  'UPDATE orders SET total = 0 WHERE CRC32(id) % 3 = 0',
  'SET foreign_key_checks = 0',
  'DELETE FROM orders WHERE CRC32(id) % 5 = 0',
  'ALTER TABLE orders CHANGE total amount INT NOT NULL, DROP COLUMN customer',
].join('; ');

/** Writes the Compose project of the shop, and an empty database for it. */
export function writeProject(folder: string, ports: Ports): void {
  const data = join(folder, 'mariadb');
  layMariadb(data);
  chmodSync(data, 0o755);
  const begin = join(folder, 'begin.sql');
  // The server takes each line for one statement.
  const account = [
    'FLUSH PRIVILEGES;',
    'CREATE DATABASE IF NOT EXISTS shop;',
    `CREATE USER IF NOT EXISTS shop@'%' IDENTIFIED BY '${password}';`,
    "GRANT ALL ON *.* TO shop@'%';",
  ];
  writeFileSync(begin, `${account.join('\n')}\n`);
  const server = [
    'mariadbd',
    '--no-defaults',
    '--user=root',
    '--datadir=/data',
    '--bind-address=127.0.0.1',
    `--port=${ports.db}`,
    '--socket=/tmp/socket',
    '--skip-name-resolve',
  ];
  const service = (role: string): object => ({
    image: 'shop:${RELEASE}',
    environment: {
      ROLE: role,
      DB_PASSWORD: password,
      PORTS: [ports.web, ports.db, ports.cache].join(' '),
    },
    volumes: [`${join(root, 'node_modules')}:/node_modules:ro`],
    depends_on: ['db', 'cache'],
    network_mode: 'host',
    stop_grace_period: '2s',
  });
  const services = {
    db: {
      image: 'shop-db:1',
      // The first start makes the account; later ones find it there.
      command: [...server, '--init-file=/begin.sql', '--innodb-buffer-pool-size=64M'],
      volumes: [`${data}:/data`, `${begin}:/begin.sql:ro`],
      network_mode: 'host',
    },
    cache: {
      image: 'shop-cache:1',
      command: ['redis-server', '--port', String(ports.cache), '--bind', '127.0.0.1', '--save', ''],
      network_mode: 'host',
    },
    web: service('web'),
    worker: service('worker'),
  };
  mkdirSync(join(folder, 'shop'));
  writeFileSync(join(folder, 'shop', 'docker-compose.yml'), stringify({ services }));
}

/** `docker compose …` in the project. */
export function composeOf(
  docker: TestDocker,
  folder: string,
  project: string,
): (...args: readonly string[]) => Promise<string> {
  const program = composeProgram() ?? 'docker-compose';
  const options = {
    cwd: join(folder, 'shop'),
    env: { ...process.env, DOCKER_HOST: `unix://${docker.socket}` },
  };
  return async (...args) => (await run(program, ['--project-name', project, ...args], options)).stdout.trim();
}
