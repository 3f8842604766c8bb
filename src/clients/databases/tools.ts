import { constants } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { Database } from '../../domain/data-store.ts';
import { RollbackError } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { DAY } from '../../domain/time.ts';
import type { ContainerPrograms, ContainerRun } from '../docker/exec.ts';
import { runPiped, type PipedResult } from '../process/piped.ts';
import { withoutQuoted } from '../quoted-secrets.ts';
import { credentialFiles } from './credentials.ts';

/** How a tool logs in, in the two ways there are. */
export interface Login {
  /** Text of a private file, and how the tool is told of it. */
  readonly file: string;
  readonly told: (path: string) => {
    readonly args?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
  };
  /** The same where no file can be put: in a container. Never a secret among the arguments. */
  readonly inside: {
    readonly args?: readonly string[];
    readonly env: Readonly<Record<string, string>>;
  };
}

export interface ToolRun {
  readonly store: Database;
  /** Names that the tool goes by, the preferred first: `mariadb-dump`, `mysqldump`. */
  readonly names: readonly string[];
  /** Behind those of the login. */
  readonly args: readonly string[];
  readonly login: Login;
  readonly input?: Readable;
  readonly output?: readonly [...NodeJS.ReadWriteStream[], Writable];
}

/** Runs the tools that come with a server. */
export interface DatabaseTools {
  /** Resolves whatever the exit code; the password is in nothing that was said. */
  run(run: ToolRun, signal: AbortSignal): Promise<PipedResult>;
  /** What the tool says of itself with `--version`. Rejects with `NOT_FOUND` where there is none. */
  version(names: readonly string[], store: Database, signal: AbortSignal): Promise<string>;
}

/** A dump of a large database takes hours; one that hangs is ended by its step's deadline long before. */
const deadlineMs = DAY;
const folders = ['/usr/local/bin', '/usr/bin', '/bin', '/usr/local/mysql/bin', '/usr/local/pgsql/bin'];

export function databaseTools(options: {
  readonly clock: Clock;
  readonly stateDir: string;
  /** Where `tools_in` is; without it such a store is refused. */
  readonly containers?: ContainerPrograms;
}): DatabaseTools {
  const { clock, stateDir, containers } = options;
  const credentials = credentialFiles(stateDir);
  const inside = ({ name }: Database): ContainerPrograms => {
    if (containers !== undefined) return containers;
    throw new RollbackError(
      'REFUSED',
      `the tools of ${name} are in a container, and none is reached from here`,
    );
  };
  return {
    async run({ store, names, args, login, input, output }, signal) {
      const streams = {
        ...(input === undefined ? {} : { input }),
        ...(output === undefined ? {} : { output }),
      };
      if (store.toolsIn !== null) {
        const all = [...(login.inside.args ?? []), ...args];
        const program = { ...inContainer(store, store.toolsIn, names), ...streams, args: all };
        const env = { ...program.env, ...login.inside.env };
        const result = await inside(store).run({ ...program, env }, signal);
        return { ...result, said: withoutPassword(result.said, store) };
      }
      const path = await toolPath(names, store);
      await using file = await credentials(login.file);
      const told = login.told(file.path);
      const env = { ...quiet, ...told.env };
      const through = output === undefined ? [] : await inLargePieces();
      const run = [path, ...(told.args ?? []), ...args];
      const result = await runPiped({ run, through, env, ...streams, deadlineMs }, clock, signal);
      return { ...result, said: withoutPassword(result.said, store) };
    },
    async version(names, store, signal) {
      if (store.toolsIn !== null) {
        const program = inContainer(store, store.toolsIn, names);
        return (await inside(store).run({ ...program, args: ['--version'] }, signal)).output.trim();
      }
      const path = await toolPath(names, store);
      const { output } = await runPiped({ run: [path, '--version'], env: quiet, deadlineMs }, clock, signal);
      return output.trim();
    },
  };
}

/** The container's own environment says where its programs are. */
function inContainer(
  { password }: Database,
  container: string,
  names: readonly string[],
): Omit<ContainerRun, 'args'> {
  const env = { LC_ALL: quiet.LC_ALL, HOME: quiet.HOME };
  return { container, names, env, secrets: password === null ? [] : [password.reveal()], deadlineMs };
}

/** Nothing of the daemon's own: tools take accounts and options out of their environment. */
const quiet = { PATH: folders.join(':'), LC_ALL: 'C.UTF-8', HOME: '/nonexistent' };

async function toolPath(names: readonly string[], store: Database): Promise<string> {
  for (const name of names)
    for (const folder of [...(await versioned()), ...folders]) {
      const path = join(folder, name);
      if (await executable(path)) return path;
    }
  throw new RollbackError(
    'NOT_FOUND',
    `neither ${names.join(' nor ')} is installed here, which ${store.name} needs; install the client package of its server`,
  );
}

/**
 * What is put before a tool whose output passes through here. By themselves they write 4 KiB at a time to a pipe, and more
 * of a dump's time goes into handing these over than into reading them.
 */
async function inLargePieces(): Promise<readonly string[]> {
  const path = '/usr/bin/stdbuf';
  return (await executable(path)) ? [path, '--output=256K'] : [];
}

/** Debian keeps each PostgreSQL in a folder of its own, behind a wrapper that asks for its own configuration. */
async function versioned(): Promise<string[]> {
  const root = '/usr/lib/postgresql';
  const names = await readdir(root).catch(() => []);
  const newest = names.filter((name) => /^\d+$/.test(name)).toSorted((a, b) => Number(b) - Number(a));
  return newest.map((name) => join(root, name, 'bin'));
}

async function executable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** What a tool or server said, without the password of the store. */
export function withoutPassword(said: string, { password }: Pick<Database, 'password'>): string {
  return password === null ? said : withoutQuoted(said, [password.reveal()]);
}
