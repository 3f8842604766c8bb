import { setTimeout as pause } from 'node:timers/promises';
import { startDockerd } from '../../support/dockerd.ts';
import { buildImage } from '../../support/image.ts';
import type { Act } from '../act.ts';
import { courseOf, type CrashPlan } from '../plan.ts';
import { endsAtOnce } from './engine-memory.ts';
import type { Site } from './site.ts';

const tasks = 2;
const startMs = 60_000;

/** Swarms listen on ports that are the same for all, so there is one at a time: when the last one is over. */
let last: Promise<void> = Promise.resolve();

/** A service of a Swarm with an engine of its own, since the other plans' engine is no part of one; a release is its image. */
export async function swarmSite(stage: string, plan: CrashPlan): Promise<Site> {
  const before = last;
  const { promise: over, resolve: end } = Promise.withResolvers<void>();
  last = over;
  await before;
  const engine = await startDockerd({ own: true });
  await settled('a Swarm begins', async () => {
    const init = engine.cli('swarm', 'init', '--advertise-addr', '127.0.0.1');
    return init.then(
      () => true,
      () => false,
    );
  }).catch(async (error: unknown) => {
    await engine.stop();
    end();
    throw error;
  });
  const name = engine.name(stage);
  for (const release of [1, 2] as const)
    await buildImage(engine, {
      tag: `${name}:${release}`,
      changes: [`CMD ["sh", "-c", ${JSON.stringify(endsAtOnce)}]`],
    });
  /** The releases whose containers run, however they came to. */
  const running = async (): Promise<readonly string[]> => {
    const filter = ['--filter', `label=com.docker.swarm.service.name=${name}`];
    const images = await engine.cli('ps', ...filter, '--format', '{{.Image}}');
    return images.split('\n').flatMap((image) => (image === '' ? [] : [image.replace(/^.*:/, '')]));
  };
  const serves = async (): Promise<1 | 2 | null> => {
    const releases = (await running()).join('');
    return releases === '1'.repeat(tasks) ? 1 : releases === '2'.repeat(tasks) ? 2 : null;
  };
  const deploy = async (release: 1 | 2): Promise<void> => {
    await engine.cli('service', 'rm', name).catch(() => '');
    await settled('the tasks end', async () => (await running()).length === 0);
    await engine.cli(
      'service',
      'create',
      '--detach',
      '--quiet',
      '--name',
      name,
      ...settings,
      `${name}:${release}`,
    );
    await settled('the tasks run', async () => (await serves()) === release);
  };
  let since = '0';
  return {
    name: 'shop',
    target: { swarm: { service: name } },
    settings: { docker: { socket: engine.socket } },
    deploy,
    serves,
    async reset() {
      await deploy(2);
      await pause(20);
      since = await engine.cli('info', '--format', '{{.SystemTime}}');
    },
    async acts() {
      const until = await engine.cli('info', '--format', '{{.SystemTime}}');
      const span = [
        '--since',
        since,
        '--until',
        until,
        '--filter',
        'type=service',
        '--filter',
        'event=update',
      ];
      const printed = await engine.cli('events', ...span, '--format', '{{json .Actor.Attributes}}');
      const updates = printed.split('\n').filter((line) => line !== '' && !line.includes('updatestate'));
      return updatesIn(updates.length, plan);
    },
    async close() {
      await engine.stop();
      end();
    },
  };
}

const settings = [
  ['--replicas', String(tasks)],
  ['--restart-delay', '100ms', '--stop-grace-period', '1s'],
  ['--update-monitor', '300ms', '--update-order', 'start-first', '--update-parallelism', String(tasks)],
].flat();

/** The engine tells that a service was updated, not to what: the first time by the step, then by its undo. */
function updatesIn(count: number, plan: CrashPlan): readonly Act[] {
  const { undone } = courseOf(plan.steps);
  const planned = ['update', ...undone.flatMap(({ undo }) => undo?.acts ?? [])];
  return Array.from({ length: count }, (_, index) => ({
    step: 'service',
    act: planned[index] ?? `update ${index + 1}`,
    opId: null,
  }));
}

async function settled(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + startMs; Date.now() < end; await pause(100)) if (await holds()) return;
  throw new Error(`did not happen within ${startMs} ms: ${what}`);
}
