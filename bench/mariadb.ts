import { join } from 'node:path';
import { mariadbIn, type Mariadb } from '../test/support/mariadb.ts';

/** One that is tuned to write quickly. */
export interface BenchMariadb extends Pick<Mariadb, 'port' | 'run'> {
  readonly user: string;
  readonly password: string;
}

const account = { user: 'bench', password: 'bench-password' } as const;

/** Starts one that ends with the stack; its data lies in the folder. */
export async function startMariadb(undo: AsyncDisposableStack, folder: string): Promise<BenchMariadb> {
  const { port, run, end } = await mariadbIn(join(folder, 'mariadb'), [
    '--innodb-buffer-pool-size=2G',
    '--innodb-log-file-size=1G',
    '--innodb-doublewrite=OFF',
  ]);
  undo.defer(end);
  run(`CREATE USER ${account.user}@'127.0.0.1' IDENTIFIED BY '${account.password}'`);
  run(`GRANT ALL ON *.* TO ${account.user}@'127.0.0.1'`);
  return { port, run, ...account };
}
