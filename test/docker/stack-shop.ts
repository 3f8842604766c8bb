import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composeProgram, provideCompose } from '../../scripts/compose-service.ts';
import { openCompose, type Compose } from '../../src/clients/compose/compose.ts';
import type { Observer } from '../../src/domain/ports/observer.ts';
import type { Release } from '../../src/domain/release.ts';
import type { StackTarget, Target } from '../../src/domain/target.ts';
import { stackObserver } from '../../src/releases/observers/stack.ts';
import type { StackParts } from '../../src/rollback/stack/task.ts';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { buildImage } from '../support/image.ts';
import { forever, openWorkshop, releaseOf, targetOf, type Workshop } from './workshop.ts';

/** So that how many services run twice hangs on what the test says, and not on what else runs. */
const plenty = { freeBytes: 8 * 2 ** 30, totalBytes: 10 * 2 ** 30 };

const run = promisify(execFile);

/** A Compose project of web, worker and database on a real engine, and the directory of its files. */
export interface StackShop extends Workshop {
  readonly compose: Compose;
  readonly stackParts: StackParts;
  readonly stackObserver: Observer;
  readonly folder: string;
  readonly target: Target;
  /** Writes the files of the project. */
  write(files: Readonly<Record<string, string>>): Promise<void>;
  /** `docker compose …` in the directory, as a person would. */
  person(...args: readonly string[]): Promise<string>;
  /** Writes the files, brings the project up, and says which release that is. */
  deploy(files: Readonly<Record<string, string>>): Promise<Release>;
  release(): Promise<Release>;
  /** `service image state` of every container of the project. */
  running(): Promise<readonly string[]>;
  down(): Promise<void>;
}

/** An observer that has seen nothing yet, as after a restart of the daemon. */
export function openStackObserver({ stackParts }: StackShop): Observer {
  return stackObserver(stackParts);
}

export async function openStackShop(services: StackTarget['services'] = null): Promise<StackShop> {
  const problem = provideCompose();
  if (problem !== null) throw new Error(problem);
  const program = composeProgram()!;
  const shop = await openWorkshop();
  const folder = await mkdtemp(join(tmpdir(), 'rd-stack-'));
  const directory = join(folder, 'shop');
  await mkdir(directory);
  const project = shop.engine.name('shop');
  const compose = openCompose({
    endpoint: { socket: shop.engine.socket },
    program,
    stateDir: join(folder, 'state'),
    clock: shop.parts.clock,
    environment: process.env,
  });
  for (const version of ['1', '2', '3'])
    await buildImage(shop.engine, {
      tag: `stack-shop:${version}`,
      changes: ['CMD ["sleep","3600"]', `ENV MADE=${version}`],
    });
  await buildImage(shop.engine, { tag: 'stack-shop:exits', changes: ['CMD ["false"]'] });
  const stack = {
    project,
    directory,
    files: [join(directory, 'docker-compose.yml')],
    envFile: null,
    services,
  };
  const target: Target = { ...targetOf(null, 'shop'), stack };
  const observer = stackObserver({ ...shop.parts, compose });
  const person = async (...args: readonly string[]): Promise<string> => {
    const env = { ...process.env, DOCKER_HOST: `unix://${shop.engine.socket}` };
    const { stdout } = await run(program, ['--project-name', project, ...args], { cwd: directory, env });
    return stdout.trim();
  };
  const write = async (files: Readonly<Record<string, string>>): Promise<void> => {
    for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  };
  const release = async (): Promise<Release> => releaseOf(target, await observer.look(target, forever));
  const down = async (): Promise<void> => {
    const filter = `label=com.docker.compose.project=${project}`;
    const ids = await shop.engine.cli('ps', '-aq', '--filter', filter);
    if (ids !== '') await shop.engine.cli('rm', '-f', '-v', ...ids.split('\n'));
  };
  return {
    ...shop,
    compose,
    stackParts: { ...shop.parts, compose, hostMemory: () => plenty },
    stackObserver: observer,
    folder: directory,
    target,
    write,
    person,
    release,
    async deploy(files) {
      await write(files);
      await person('up', '--detach', '--remove-orphans', '--timeout', '1');
      return release();
    },
    async running() {
      const filter = `label=com.docker.compose.project=${project}`;
      const format = '{{.Label "com.docker.compose.service"}} {{.ID}} {{.State}}';
      const lines = (await shop.engine.cli('ps', '-a', '--filter', filter, '--format', format)).split('\n');
      const shown = lines.filter(Boolean).map(async (line) => {
        const [service, id = '', state] = line.split(' ');
        const made = await shop.engine.cli('inspect', '--format', '{{json .Config.Env}}', id);
        return `${service} ${/MADE=(\w+)/.exec(made)?.[1] ?? '-'} ${state}`;
      });
      return (await Promise.all(shown)).toSorted();
    },
    down,
    async close() {
      await down();
      await shop.close();
      await rm(folder, { recursive: true });
    },
  };
}
