import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { systemClock } from '../src/app/clock.ts';
import { releaseId, type Component, type Release } from '../src/domain/release.ts';
import { openSqliteStore } from '../src/store/sqlite/open.ts';

export interface DaemonFiles {
  readonly configPath: string;
  readonly storePath: string;
  readonly services: readonly string[];
}

/** A configuration with `rules` Prometheus rules over `targets` links, and the links. */
export function writeDaemonFiles(options: {
  readonly folder: string;
  readonly rules: number;
  readonly targets: number;
  readonly every: string;
  readonly forDuration: string;
  readonly prometheus: string;
}): DaemonFiles {
  const { folder, every, forDuration, prometheus } = options;
  const services = Array.from({ length: options.targets }, (_, index) => `service-${index}`);
  for (const service of services) makeLink(folder, service);
  const pack = join(folder, 'rules', 'bench');
  mkdirSync(pack, { recursive: true });
  const rules = Array.from({ length: options.rules }, (_, index) => [
    `metric-${index}`,
    {
      summary: `Metric ${index}`,
      every,
      prometheus: { query: `max by (service) (metric_${index})` },
      levels: { critical: { above: '50%', for: forDuration } },
    },
  ]);
  writeFileSync(join(pack, 'rules.yaml'), stringify({ rules: Object.fromEntries(rules) as unknown }));
  const playbooks = {
    release: { steps: [{ 'link.rollback': { to: 'last_good' } }], verify: { settle: '1s' } },
  };
  writeFileSync(join(pack, 'playbooks.yaml'), stringify({ playbooks }));
  const storePath = join(folder, 'state', 'rollbackd.db');
  mkdirSync(join(folder, 'state'), { recursive: true });
  const configPath = join(folder, 'rollbackd.yaml');
  const targets = services.map((service) => [
    service,
    { link: currentOf(folder, service), rules: ['bench'], playbook: 'release' },
  ]);
  writeFileSync(
    configPath,
    stringify({
      version: 1,
      environment: 'bench',
      mode: 'auto',
      include: ['rules/bench'],
      store: `sqlite:${storePath}`,
      listen: '127.0.0.1:0',
      prometheus: { url: prometheus },
      targets: Object.fromEntries(targets) as unknown,
    }),
  );
  return { configPath, storePath, services };
}

/** Puts into the store that release 1 of every service is good, and that release 2 runs for a while already. */
export async function writeHistory(folder: string, { storePath, services }: DaemonFiles): Promise<void> {
  const store = await openSqliteStore({ path: storePath, clock: systemClock() });
  const since = Date.now() - 600_000;
  try {
    await store.commit({
      releases: services.flatMap((service) =>
        [1, 2].map((number) => releaseOf(folder, service, number, since)),
      ),
      serving: services.map((service) => ({
        target: service,
        release: releaseOf(folder, service, 2, since).id,
        since,
        notBefore: since,
        opId: null,
      })),
    });
  } finally {
    await store.close();
  }
}

function releaseOf(folder: string, service: string, number: number, since: number): Release {
  const value = join(folder, 'targets', service, 'releases', String(number));
  const components: readonly Component[] = [{ kind: 'link', value, label: String(number) }];
  const good = number === 1;
  return {
    id: releaseId(components),
    target: service,
    components,
    standing: good ? 'good' : 'unproven',
    because: good ? 'baked 10m' : 'first seen running',
    firstSeenAt: since - (good ? 3_600_000 : 0),
    servedAt: since,
    goodAt: good ? since : null,
    bakedMs: 0,
    barrier: null,
    sealed: null,
  };
}

function makeLink(folder: string, service: string): void {
  for (const number of [1, 2])
    mkdirSync(join(folder, 'targets', service, 'releases', String(number)), { recursive: true });
  symlinkSync(join(folder, 'targets', service, 'releases', '2'), currentOf(folder, service));
}

function currentOf(folder: string, service: string): string {
  return join(folder, 'targets', service, 'current');
}
