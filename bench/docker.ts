import { request } from 'node:http';
import { join } from 'node:path';
import { systemClock } from '../src/app/clock.ts';
import { openDocker } from '../src/clients/docker/client.ts';
import type { Driver } from '../src/domain/ports/driver.ts';
import type { Observer } from '../src/domain/ports/observer.ts';
import { releaseId, type Release } from '../src/domain/release.ts';
import type { Step } from '../src/domain/plan.ts';
import type { Target } from '../src/domain/target.ts';
import { containerObserver } from '../src/releases/observers/container.ts';
import { openVault } from '../src/releases/vault.ts';
import { dockerRollbackDriver } from '../src/rollback/drivers/docker-rollback.ts';
import { startDockerd, whyNoDocker, type TestDocker } from '../test/support/dockerd.ts';
import { buildImage } from '../test/support/image.ts';
import type { BenchContext, Benchmark } from './benchmark.ts';
import { targetOf } from './loop.ts';
import { measured } from './samples.ts';

const forever = new AbortController().signal;
const clock = systemClock();

/**
 * A rollback of a container, and in turns with it the same container stopped, created and started by the bare calls of
 * the engine. How long a service takes to come up is its own affair: `steady_for: 0s`, no health check.
 */
export const docker: Benchmark = {
  name: 'docker',
  summary: 'rollback of a container beyond the engine’s own stop + create + start',
  missing: whyNoDocker,
  async run(context) {
    const engine = await startDockerd({ own: true });
    try {
      return await compare(context, engine);
    } finally {
      await engine.stop();
    }
  },
};

/** Everything of rollbackd that works on the container. */
interface Workshop {
  readonly engine: TestDocker;
  readonly driver: Driver<never>;
  readonly observer: Observer;
  readonly target: Target;
}

async function compare({ folder, quick, progress, signal }: BenchContext, engine: TestDocker) {
  for (const number of [1, 2])
    await buildImage(engine, { tag: `shop:${number}`, changes: [`CMD ["sleep","${3_600 + number}"]`] });
  const api = openDocker({ endpoint: { socket: engine.socket }, clock });
  const vault = await openVault(join(folder, 'key'));
  const workshop: Workshop = {
    engine,
    driver: dockerRollbackDriver({
      docker: api,
      vault,
      clock,
      own: { containerId: null, hosts: [] },
    }) as Driver<never>,
    observer: containerObserver({ docker: api, vault, clock }),
    target: { ...targetOf('shop'), container: 'shop', link: null },
  };
  const raw: number[] = [];
  const applied: number[] = [];
  const whole: number[] = [];
  for (let count = 0; count < (quick ? 4 : 31) && !signal.aborted; count++) {
    const rolled = await rollBack(workshop, count);
    const bare = await byBareCalls(engine);
    // The first pair warms both ways.
    if (count === 0) continue;
    raw.push(bare);
    applied.push(rolled.applyMs - bare);
    whole.push(rolled.planMs + rolled.applyMs - bare);
  }
  progress(`${raw.length} pairs`);
  const target = { of: 'median', atMost: 300 } as const;
  return [
    measured({ measure: 'stop + create + start by bare calls', unit: 'ms' }, raw),
    measured({ measure: 'the step beyond them, paired', unit: 'ms' }, applied, { target }),
    measured({ measure: 'planning, reading again and the step beyond them, paired', unit: 'ms' }, whole, {
      target,
    }),
  ];
}

/** Deploys release 1 and release 2, and goes back as the engine would: read, preflight, read again, apply. */
async function rollBack({ engine, driver, observer, target }: Workshop, count: number) {
  const good = await deploy(engine, observer, target, 'shop:1');
  const bad = await deploy(engine, observer, target, 'shop:2');
  const step = stepOf(driver, target, { from: bad, to: good });
  const begun = performance.now();
  const facts = await driver.read(step, forever);
  const found = await driver.preflight(step, facts, forever);
  await driver.read(step, forever);
  const planned = performance.now();
  const outcome = await driver.apply(step, `i-${count}/0123456789abcdef/0/1`, forever);
  const ended = performance.now();
  if (outcome.ended !== 'done' || found.some(({ level }) => level === 'refuse'))
    throw new Error(`the rollback did not work: ${JSON.stringify([outcome, found])}`);
  return { planMs: planned - begun, applyMs: ended - planned };
}

async function deploy(
  engine: TestDocker,
  observer: Observer,
  target: Target,
  image: string,
): Promise<Release> {
  await remove(engine);
  await engine.cli('run', '--detach', '--init', '--name', 'shop', '--publish', '127.0.0.1::80', image);
  const { components, sealed } = await observer.look(target, forever);
  const at = clock.now();
  return {
    id: releaseId(components),
    target: target.name,
    components,
    standing: 'good',
    because: 'baked 10m',
    firstSeenAt: at,
    servedAt: at,
    goodAt: at,
    bakedMs: 0,
    barrier: null,
    sealed,
  };
}

/** What anybody would have to ask of the engine for the same result: the same image, a published port, an init. */
async function byBareCalls(engine: TestDocker): Promise<number> {
  await remove(engine);
  await engine.cli('run', '--detach', '--init', '--name', 'shop', '--publish', '127.0.0.1::80', 'shop:2');
  const body = {
    Image: 'shop:1',
    HostConfig: { Init: true, PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] } },
    ExposedPorts: { '80/tcp': {} },
  };
  const begun = performance.now();
  await post(engine.socket, '/containers/shop/stop?t=10');
  await post(engine.socket, '/containers/create?name=shop-next', body);
  await post(engine.socket, '/containers/shop-next/start');
  return performance.now() - begun;
}

async function remove(engine: TestDocker): Promise<void> {
  const ids = await engine.cli('ps', '--all', '--quiet');
  if (ids !== '') await engine.cli('rm', '--force', '--volumes', ...ids.split('\n'));
}

function post(socketPath: string, path: string, body?: unknown): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const headers = { 'content-type': 'application/json' };
  const asking = request({ socketPath, path, method: 'POST', headers }, (answer) => {
    const status = answer.statusCode ?? 0;
    answer.resume().on('end', () => {
      if (status < 300) resolve();
      else reject(new Error(`POST ${path}: ${status}`));
    });
  });
  asking.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
  return promise;
}

function stepOf(
  driver: Driver<never>,
  target: Target,
  { from, to }: { readonly from: Release; readonly to: Release },
): Step {
  return {
    index: 0,
    incident: 'i-bench',
    kind: driver.kind,
    risk: driver.risk,
    effect: driver.effect,
    options: driver.options.parse({ stop_grace: '10s', steady_for: '0s' }),
    target,
    from,
    to,
    deadlineMs: driver.deadlineMs,
    retries: 0,
  };
}
