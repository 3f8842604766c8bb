import type { DataStore } from '../../domain/data-store.ts';
import { asShell } from '../drivers/shell-text.ts';

/** How a person copies a store with its own tools, which ask for the password themselves. */
export function dumpByHand(name: string, store: DataStore | undefined): string {
  const file = `${name}.dump`;
  if (store?.kind === 'mysql')
    return `${asShell(['mysqldump', '--single-transaction', '--routines', '--triggers', '--events', ...loginOf(store, '-P', '-u'), '-p', store.database])} > ${asShell([file])}`;
  if (store?.kind === 'postgres')
    return asShell(['pg_dump', '-Fc', '-f', file, ...loginOf(store, '-p', '-U'), store.database]);
  if (store?.kind === 'sqlite') return asShell(['sqlite3', store.path, `.backup '${file}'`]);
  return `${asShell(['rollbackd', 'backup', 'create', 'RECIPE'])}  # a recipe that holds ${name}`;
}

/** How a person runs a script in a store with its own client. */
export function scriptByHand(name: string, store: DataStore | undefined, script: string): string {
  if (store?.kind === 'mysql')
    return `${asShell(['mysql', ...loginOf(store, '-P', '-u'), '-p', store.database])} < ${asShell([script])}`;
  if (store?.kind === 'postgres') {
    const whole = ['psql', '-1', '-v', 'ON_ERROR_STOP=1', '-f', script];
    return asShell([...whole, ...loginOf(store, '-p', '-U'), store.database]);
  }
  if (store?.kind === 'sqlite') return `${asShell(['sqlite3', '-bail', store.path])} < ${asShell([script])}`;
  if (store?.kind === 'mongodb') {
    const run = `EJSON.parse(fs.readFileSync(${JSON.stringify(script)}, 'utf8')).forEach((c) => printjson(db.runCommand(c)))`;
    const login = store.user === null ? [] : ['-u', store.user, '-p', '--authenticationDatabase', 'admin'];
    return asShell([
      'mongosh',
      `mongodb://${store.host}:${store.port}/${store.database}`,
      ...login,
      '--eval',
      run,
    ]);
  }
  return `# ${name} runs no scripts`;
}

function loginOf(
  { host, port, user }: { readonly host: string; readonly port: number; readonly user: string | null },
  portFlag: string,
  userFlag: string,
): readonly string[] {
  return ['-h', host, portFlag, String(port), ...(user === null ? [] : [userFlag, user])];
}
