import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/app/clock.ts';
import { openDocker } from '../../src/clients/docker/client.ts';
import type { Docker } from '../../src/clients/docker/docker.ts';
import { specify, type Specification } from '../../src/clients/docker/specification.ts';
import { onCrashPoint } from '../../src/domain/crash-point.ts';
import type { EffectOutcome } from '../../src/domain/effect.ts';
import type { Step } from '../../src/domain/plan.ts';
import type { Driver } from '../../src/domain/ports/driver.ts';
import type { Observer } from '../../src/domain/ports/observer.ts';
import type { Vault } from '../../src/domain/ports/vault.ts';
import { releaseId, type Release, type Sighting } from '../../src/domain/release.ts';
import type { Target } from '../../src/domain/target.ts';
import { openVault } from '../../src/releases/vault.ts';
import { containerObserver } from '../../src/releases/observers/container.ts';
import type { DockerParts } from '../../src/rollback/docker/task.ts';
import { startDockerd, type TestDocker } from '../support/dockerd.ts';

export const forever = new AbortController().signal;

/** A real engine with everything of rollbackd that works on containers. */
export interface Workshop {
  readonly engine: TestDocker;
  readonly docker: Docker;
  readonly vault: Vault;
  readonly observer: Observer;
  readonly parts: DockerParts;
  close(): Promise<void>;
}

export async function openWorkshop(options: { readonly own?: boolean } = {}): Promise<Workshop> {
  const engine = await startDockerd(options);
  const folder = await mkdtemp(join(tmpdir(), 'rd-vault-'));
  const clock = systemClock();
  const docker = openDocker({ endpoint: { socket: engine.socket }, clock });
  const vault = await openVault(join(folder, 'key'));
  return {
    engine,
    docker,
    vault,
    observer: containerObserver({ docker, vault, clock }),
    parts: { docker, vault, clock, own: { containerId: null, hosts: [] } },
    async close() {
      await engine.stop();
      await rm(folder, { recursive: true });
    },
  };
}

export function targetOf(container: string | null, name = container ?? 'nothing'): Target {
  return {
    name,
    container,
    link: null,
    repository: null,
    stack: null,
    swarm: null,
    packs: [],
    labels: { service: name },
    address: null,
    playbook: 'layra/service',
    emergencyPlaybook: 'layra/service',
    mode: 'auto',
    host: 'host',
    graceMs: 0,
    bakeMs: 0,
    cooldownMs: 0,
  };
}

export function releaseOf(target: Target, { components, sealed }: Sighting): Release {
  return {
    id: releaseId(components),
    target: target.name,
    components,
    standing: 'good',
    because: 'baked 10m',
    firstSeenAt: 0,
    servedAt: 0,
    goodAt: 0,
    bakedMs: 0,
    barrier: null,
    sealed,
  };
}

export async function releaseNow({ observer }: Workshop, target: Target): Promise<Release> {
  return releaseOf(target, await observer.look(target, forever));
}

export function stepOf(
  driver: Driver<never> | Driver,
  target: Target,
  given: { readonly from?: Release; readonly to?: Release; readonly options?: unknown } = {},
): Step {
  return {
    index: 0,
    incident: 'i-000001',
    kind: driver.kind,
    risk: driver.risk,
    effect: driver.effect,
    options: driver.options.parse(given.options ?? {}),
    target,
    from: given.from ?? null,
    to: given.to ?? null,
    deadlineMs: driver.deadlineMs,
    retries: 0,
  };
}

/** The specification of a container as it is now. */
export async function specificationOf({ docker }: Workshop, name: string): Promise<Specification> {
  const container = await docker.container(name, forever);
  const image = await docker.image(container!.image, forever);
  return specify(container!, image!.config);
}

/** Everything the engine lists, containers of this file only, to be compared before and after. */
export async function listings({ engine }: Workshop): Promise<Record<string, readonly string[]>> {
  const lines = async (...args: string[]): Promise<readonly string[]> =>
    (await engine.cli(...args)).split('\n').toSorted();
  return {
    containers: await lines(
      'ps',
      '-a',
      '--filter',
      `name=${engine.name('')}`,
      '--format',
      '{{.Names}} {{.State}}',
    ),
    images: await lines('images', '-a', '--no-trunc', '--format', '{{.ID}} {{.Repository}}:{{.Tag}}'),
    networks: await lines('network', 'ls', '--format', '{{.Name}}'),
    volumes: await lines('volume', 'ls', '--format', '{{.Name}}'),
  };
}

/**
 * Runs something that is cut off at its n-th crash point, for n = 1, 2, … until it gets through.
 *
 * @returns at how many points it was cut off
 */
export async function cutOffEverywhere(
  prepare: () => Promise<void>,
  run: () => Promise<EffectOutcome>,
  check: (cut: number) => Promise<void>,
): Promise<number> {
  for (let cut = 1; ; cut++) {
    await prepare();
    const reached = await cutOff(cut, run);
    await check(cut);
    if (!reached) return cut - 1;
  }
}

class Killed extends Error {}

/** @returns whether the crash point was reached */
async function cutOff(cut: number, run: () => Promise<EffectOutcome>): Promise<boolean> {
  let points = 0;
  onCrashPoint((point) => {
    if (point === 'effect.call.between' && ++points === cut) throw new Killed();
  });
  try {
    await run();
    return false;
  } catch (error) {
    if (error instanceof Killed) return true;
    throw error;
  } finally {
    onCrashPoint(() => {});
  }
}
