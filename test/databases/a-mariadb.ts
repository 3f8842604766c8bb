import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { openMysql, type Mysql } from '../../src/clients/databases/mysql/connection.ts';
import { never } from '../rollback/a-step.ts';
import { mariadbIn } from '../support/mariadb.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { endAfterAll, password, serverOf, storeOf, type TestServer } from './a-server.ts';

/** A MariaDB of Debian's, for the tests of one file. */
export type TestMariadb = TestServer<Mysql>;

/** Starts one on loopback, as the user of the package. */
export async function startMariadb(): Promise<TestMariadb> {
  const folder = temporaryFolder('rd-mariadb');
  chmodSync(folder, 0o755);
  const settings = ['--innodb-buffer-pool-size=64M'];
  const { port, run, end } = await mariadbIn(join(folder, 'data'), settings, 'mysql');
  endAfterAll(end);
  run(`CREATE USER keeper@'127.0.0.1' IDENTIFIED BY '${password}'`);
  run("GRANT ALL ON *.* TO keeper@'127.0.0.1' WITH GRANT OPTION");
  const store = (database: string) => storeOf('mysql', 'orders', port, database);
  const names = 'SELECT schema_name AS name FROM information_schema.schemata ORDER BY 1';
  return serverOf(store, (database) => openMysql(store(database), never, database), ['mysql', names]);
}
