import { Readable, Writable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { mysqlArchivist } from '../../src/backup/archivists/mysql.ts';
import { postgresArchivist } from '../../src/backup/archivists/postgres.ts';
import { databaseTools } from '../../src/clients/databases/tools.ts';
import { openContainerPrograms, type ContainerPrograms } from '../../src/clients/docker/exec.ts';
import type { Database } from '../../src/domain/data-store.ts';
import type { Archivist } from '../../src/domain/ports/backups.ts';
import { describeWithDocker, startDockerd, type TestDocker } from '../support/dockerd.ts';
import { importRoot } from '../support/root-image.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startMariadb, type TestMariadb } from './a-mariadb.ts';
import { newestPostgres, startPostgres } from './a-postgres.ts';
import { password } from './a-server.ts';
import { dumped } from './dumped.ts';

const never = new AbortController().signal;
const clock = systemClock();

describeWithDocker("the server's own tools, in a container", () => {
  let docker: TestDocker;
  let mariadb: TestMariadb;
  let programs: ContainerPrograms;
  let container = '';

  beforeAll(async () => {
    docker = await startDockerd();
    mariadb = await startMariadb();
    container = docker.name('tools');
    const image = docker.name('tools-image');
    await importRoot(docker, image, {
      files: ['/usr/bin/mariadb', '/usr/bin/mariadb-dump'],
      as: Object.fromEntries(
        ['pg_dump', 'pg_restore'].map((name) => [`/usr/bin/${name}`, `${newestPostgres()}/${name}`]),
      ),
    });
    await docker.cli('run', '-d', '--network', 'host', '--name', container, image, 'sleep', 'infinity');
    programs = openContainerPrograms({ endpoint: { socket: docker.socket }, clock });
  });
  afterAll(() => docker.stop());

  const partsOf = (store: Database) => {
    const tools = databaseTools({ clock, stateDir: temporaryFolder('rd-state'), containers: programs });
    const stores = { shop: { ...store, name: 'shop', toolsIn: container } };
    return { tools, stores, hostRoot: '/' };
  };
  const running = async (): Promise<string> => docker.cli('top', container, '-o', 'pid,args');

  async function thereAndBack(archivist: Archivist): Promise<void> {
    const { copy, facts } = await dumped(archivist);
    const { counts, tool } = facts;
    expect(counts).toMatchObject({ orders: 20_000 });
    expect(tool).toMatch(/^(mariadb-dump|pg_dump) \d+/);
    const beside = await archivist.restoreBeside('shop', Readable.from([copy]), 'new', never);
    expect(beside.counts).toEqual(counts);
    await archivist.switchTo('shop', 'new', 'old', never);
    expect(await archivist.switched('shop', 'new', 'old', never)).toBe('done');
  }

  async function mariadbShop(name: string) {
    await mariadb.run('mysql', `CREATE DATABASE ${name}`);
    await mariadb.run(
      name,
      'CREATE TABLE migrations (version INT)',
      'CREATE TABLE orders (id INT PRIMARY KEY, said VARCHAR(200), picture BLOB)',
      "INSERT INTO orders SELECT seq, REPEAT('é', 100), x'00ff0d0a' FROM seq_1_to_20000",
    );
    return partsOf(mariadb.store(name));
  }

  test('copy and restore MariaDB, byte for byte', async () => {
    await thereAndBack(mysqlArchivist(await mariadbShop('there')));

    expect(
      await mariadb.rows(
        'there',
        'SELECT HEX(picture) AS p, CHAR_LENGTH(said) AS n FROM orders WHERE id = 7',
      ),
    ).toEqual([{ p: '00FF0D0A', n: 100 }]);
  });

  test('copy and restore PostgreSQL', async () => {
    const postgres = await startPostgres();
    await postgres.run('postgres', 'CREATE DATABASE there');
    await postgres.run(
      'there',
      'CREATE TABLE migrations (version INT)',
      "CREATE TABLE orders AS SELECT n, repeat('é', 100) AS said FROM generate_series(1, 20000) n",
    );

    await thereAndBack(postgresArchivist(partsOf(postgres.store('there'))));
  });

  test('are ended in there when a copy is interrupted, and the password is in no argument', async () => {
    const { stores, ...rest } = await mariadbShop('slow');
    const stop = new AbortController();
    const seen: string[] = [];
    const full = new Writable({
      highWaterMark: 1,
      write: () => {
        // Nothing more is taken: the tool waits for room, until it is ended.
        void running().then((rows) => {
          seen.push(rows);
          stop.abort();
        });
      },
    }).on('error', () => {});

    const copying = mysqlArchivist({ stores, ...rest }).dump('shop', full, stop.signal);

    await expect(copying).rejects.toMatchObject({ code: 'ABORTED' });
    expect(seen[0]).toMatch(/mariadb-dump --no-defaults --host=127\.0\.0\.1/);
    expect(seen[0]).not.toContain(password.slice(0, 10));
    expect(await running()).not.toContain('mariadb-dump');
  });

  test('say what the server said, without the password', async () => {
    const { tools, stores } = await mariadbShop('refusing');
    const store = { ...stores.shop, name: 'shop', user: 'nobody' };
    const login = { file: '', told: () => ({}), inside: { env: { MYSQL_PWD: password } } };
    const args = ['--no-defaults', '--host=127.0.0.1', `--port=${store.port}`, '--user=nobody', 'x'];

    const result = await tools.run({ store, names: ['mariadb-dump'], args, login }, never);

    expect(result).toMatchObject({ exitCode: 2, output: '' });
    expect(result.said).toMatch(/^mariadb-dump: Got error: 1045: "Access denied/);
  });

  test('that are not there are named, and so is a container that is not', async () => {
    const { tools, stores } = partsOf(mariadb.store('mysql'));

    await expect(tools.version(['mydumper', 'mysqlpump'], stores.shop, never)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: `neither mydumper nor mysqlpump is in the container ${container}; tools_in must name one with the client tools of the server`,
    });
    await expect(
      tools.version(['mysqldump'], { ...stores.shop, toolsIn: 'elsewhere' }, never),
    ).rejects.toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining('elsewhere') });
  });
});
