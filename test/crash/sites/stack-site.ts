import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { composeProgram, provideCompose } from '../../../scripts/compose-service.ts';
import { labels } from '../../../src/clients/docker/marks.ts';
import type { TestDocker } from '../../support/dockerd.ts';
import { buildImage } from '../../support/image.ts';
import type { Act } from '../act.ts';
import type { CrashPlan } from '../plan.ts';
import { ledgerIn } from '../record-file.ts';
import { eventsSince, endsAtOnce, type Event } from './engine-memory.ts';
import type { Site } from './site.ts';

const run = promisify(execFile);
const recording = join(import.meta.dirname, '..', 'programs', 'compose.sh');
const serviceLabel = 'com.docker.compose.service';
const releaseLabel = 'crash.release';

/**
 * A Compose project of database, web and worker on a real engine; a release is what web and worker are made of. What was
 * done is asked of the engine, and of the Compose program.
 */
export async function stackSite(
  folder: string,
  { engine, stage, plan }: { readonly engine: TestDocker; readonly stage: string; readonly plan: CrashPlan },
): Promise<Site> {
  const problem = provideCompose();
  if (problem !== null) throw new Error(problem);
  const project = engine.name(stage);
  const directory = join(folder, 'shop');
  const builds = plan.steps.some(({ kind }) => kind === 'compose.build');
  for (const release of [1, 2] as const)
    await buildImage(engine, {
      tag: `${project}:${release}`,
      changes: [`CMD ["sh", "-c", ${JSON.stringify(endsAtOnce)}]`, `LABEL ${releaseLabel}=${release}`],
    });
  const compose = composeIn(engine, directory, project);
  const up = async (): Promise<void> => void (await compose('up', '--detach', '--timeout', '2'));
  const inProject = ['--filter', `label=com.docker.compose.project=${project}`];
  const containers = async (format: string): Promise<readonly string[]> =>
    (await engine.cli('ps', '--all', ...inProject, '--format', format))
      .split('\n')
      .filter((line) => line !== '')
      .toSorted();
  let since = '0';
  return {
    name: 'shop',
    target: { stack: { project, directory, files: ['docker-compose.yml'] } },
    settings: { docker: { socket: engine.socket, compose: join(folder, 'compose') } },
    async deploy(release) {
      if (release === 1) layProgram(folder);
      writeProject(directory, { project, release, builds });
      if (builds) await compose('build', '--quiet', 'web');
      await up();
      // Kept under a name of its own: a reset has nothing to build.
      if (builds) await engine.cli('tag', `${project}-web`, `${project}-built:${release}`);
    },
    serves: async () =>
      releaseOf(
        await containers(`{{.Label "${serviceLabel}"}} {{.Label "${releaseLabel}"}} {{.State}}`),
        builds,
      ),
    held: async () =>
      (await containers('{{.Names}} {{.State}}'))
        .filter((line) => !line.endsWith(' running'))
        .map((line) => `container ${line.split(' ')[0]}`),
    async reset() {
      const ids = await containers('{{.ID}}');
      if (ids.length > 0) await engine.cli('rm', '--force', ...ids);
      if (builds) await engine.cli('tag', `${project}-built:2`, `${project}-web`);
      await up();
      // People have taken the files back; what they say is what is to be built.
      if (builds) writeProject(directory, { project, release: 1, builds });
      await pause(20);
      since = await engine.cli('info', '--format', '{{.SystemTime}}');
    },
    acts: async () => actsIn(await eventsSince(engine, since, inProject)),
  };
}

/** Compose as the daemon finds it: with a memory. */
function layProgram(folder: string): void {
  const path = join(folder, 'compose');
  writeFileSync(
    path,
    `#!/bin/sh\nCOMPOSE=${composeProgram()} LEDGER=${ledgerIn(folder)} exec ${recording} "$@"\n`,
  );
  chmodSync(path, 0o755);
}

function writeProject(
  directory: string,
  { project, release, builds }: { project: string; release: 1 | 2; builds: boolean },
): void {
  mkdirSync(join(directory, 'web'), { recursive: true });
  const image = `${project}:${release}`;
  const web = builds ? { build: './web' } : { image };
  const services = {
    db: { image: `${project}:1` },
    web: { ...web, depends_on: ['db'], restart: 'unless-stopped' },
    // Two of this name cannot be beside each other.
    ...(builds ? {} : { worker: { image, container_name: `${project}-worker`, depends_on: ['db'] } }),
  };
  writeFileSync(join(directory, 'docker-compose.yml'), stringify({ services }));
  writeFileSync(join(directory, 'web', 'Dockerfile'), `FROM ${image}\nENV BUILT=yes\n`);
}

function composeIn(
  engine: TestDocker,
  directory: string,
  project: string,
): (...args: readonly string[]) => Promise<string> {
  const env = { ...process.env, DOCKER_HOST: `unix://${engine.socket}` };
  return async (...args) => {
    const words = ['--project-name', project, ...args];
    return (await run(composeProgram() ?? 'docker-compose', words, { cwd: directory, env })).stdout.trim();
  };
}

/** Only when each service runs once, and nothing is left of another release, running or not. */
function releaseOf(containers: readonly string[], builds: boolean): 1 | 2 | null {
  for (const release of [1, 2] as const) {
    const rest = builds ? [] : [`worker ${release} running`];
    const wanted = ['db 1 running', `web ${release} running`, ...rest];
    if (containers.join() === wanted.join()) return release;
  }
  return null;
}

/** Made on whose behalf is told by a label; what was stopped or restarted was made by people. */
function actsIn(events: readonly Event[]): readonly Act[] {
  const opIds = events.map(({ Actor }) => Actor.Attributes[labels.op]).filter((opId) => opId !== undefined);
  return events.flatMap(({ Action, Actor: { Attributes: attributes } }) => {
    const service = attributes[serviceLabel] ?? 'nobody';
    const opId = attributes[labels.op] ?? opIds[0] ?? null;
    if (Action === 'restart') return [{ step: 'stack', act: `restart ${service}`, opId }];
    if (!['create', 'start', 'stop'].includes(Action) || restarted(events, service)) return [];
    return [{ step: 'stack', act: `${Action} ${service} release-${attributes[releaseLabel]}`, opId }];
  });
}

/** The engine tells of a restart as of a stop and a start, too. */
function restarted(events: readonly Event[], service: string): boolean {
  return events.some(
    ({ Action, Actor }) => Action === 'restart' && Actor.Attributes[serviceLabel] === service,
  );
}
