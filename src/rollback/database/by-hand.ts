import type { DataStore } from '../../domain/data-store.ts';
import { asShell } from '../drivers/shell-text.ts';

/** How a person copies a store with its own tools, which ask for the password themselves. */
export function dumpByHand(name: string, store: DataStore | undefined): string {
  const file = `${name}.dump`;
  switch (store?.kind) {
    case 'mysql':
      return `${asShell(['mysqldump', '--single-transaction', '--routines', '--triggers', '--events', ...loginOf(store, '-P', '-u'), '-p', store.database])} > ${asShell([file])}`;
    case 'postgres':
      return asShell(['pg_dump', '-Fc', '-f', file, ...loginOf(store, '-p', '-U'), store.database]);
    case 'sqlite':
      return asShell(['sqlite3', store.path, `.backup '${file}'`]);
    case 'mongodb':
    case 'qdrant':
    case 'milvus':
    case 'redis':
    case 's3':
    case 'kafka':
    case undefined:
      return `${asShell(['rollbackd', 'backup', 'create', 'RECIPE'])}  # a recipe that holds ${name}`;
  }
}

function loginOf(
  { host, port, user }: { readonly host: string; readonly port: number; readonly user: string | null },
  portFlag: string,
  userFlag: string,
): readonly string[] {
  return ['-h', host, portFlag, String(port), ...(user === null ? [] : [userFlag, user])];
}
