import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connect, noEndpoints } from '../../src/app/connections.ts';
import { load } from '../../src/app/load.ts';
import { driversFor } from '../../src/app/registries.ts';
import { formatProblems } from '../../src/config/format-problems.ts';
import { readTextFile } from '../../src/config/read-text.ts';
import type { Configuration } from '../../src/domain/configuration.ts';
import { riskOf, type Plan } from '../../src/domain/plan.ts';
import type { Backups } from '../../src/domain/ports/backups.ts';
import type { Driver, Drivers } from '../../src/domain/ports/driver.ts';
import type { Planned } from '../../src/domain/ports/planner.ts';
import type { Target } from '../../src/domain/target.ts';
import { planner } from '../../src/rollback/planner.ts';
import { SimulatedClock } from '../fakes/clock.ts';
import { release } from '../rollback/a-step.ts';

const surroundings = { clock: new SimulatedClock(), environment: {} };
const never = new AbortController().signal;

/** One target of each kind that the playbooks of the packs are for, as people would write it. */
const things: Readonly<Record<string, string>> = {
  container: 'container: it',
  stack: 'stack: { project: it, directory: /srv/it }',
  link: 'link: /srv/it/current',
  repository: "repository: { url: 'file:///srv/it.git', branch: main }",
};
/** What the page of the pack says that the main file has to hold. */
function mainFileOf(pack: string): string {
  const page = readFileSync(join('rules', pack, 'README.md'), 'utf8');
  const blocks = [...page.matchAll(/^```yaml\n([^]*?)^```/gm)].map(([, yaml = '']) => yaml);
  return blocks.filter((yaml) => /^(data_stores|backups|file_roots|allowed_programs):/m.test(yaml)).join('');
}

/** The pack with everything that its page asks for, and a target of this kind. */
async function configured(pack: string, kind: string, playbook: string): Promise<Configuration> {
  const main = `version: 1
include: [${process.cwd()}/rules/${pack}]
prometheus: { url: 'http://prometheus:9090' }
docker: { socket: /var/run/docker.sock }
${mainFileOf(pack)}
targets:
  it: { ${things[kind] ?? ''}, rules: [${pack}], address: 'http://it:8080', playbook: ${playbook} }
`;
  const loaded = await load('/nowhere/rollbackd.yaml', surroundings, async (path) => {
    if (path === '/nowhere/rollbackd.yaml') return main;
    return path.startsWith('/run/secrets/') ? 'of the test' : readTextFile(path);
  });
  if (!loaded.ok) throw new Error(`${playbook}: ${formatProblems(loaded.problems)}`);
  return loaded.configuration;
}

/** The real drivers, of which nothing outside is asked: everything that they would look at is as it should be. */
function ready({ backups: policy, dataStores }: Configuration): Drivers {
  const recipe = (name: string) => policy?.recipes[name] ?? null;
  const drivers = driversFor(connect({ ...noEndpoints, dataStores }, surroundings), {
    ...surroundings,
    docker: null,
    vault: {} as never,
    backups: { recipe } as Backups,
    isDevelopment: () => false,
    worth: () => ({ risks: {}, stores: {} }),
    own: { containerId: null, hosts: [] },
    answers: true,
    channels: [],
    tell: () => Promise.resolve(),
    readings: null,
  });
  const still = (driver: Driver): Driver => ({
    ...driver,
    read: () => Promise.resolve({ identity: '', detail: {} }),
    preflight: () => Promise.resolve([]),
    describe: () => driver.kind,
  });
  return Object.fromEntries(Object.entries(drivers).map(([kind, driver]) => [kind, still(driver)]));
}

async function planned(pack: string, kind: string, playbook: string): Promise<Planned> {
  const configuration = await configured(pack, kind, playbook);
  const { playbooks, targets, dataRisks: risks, dataStores: stores } = configuration;
  const target = targets['it'] as Target;
  const book = playbooks[`${pack}/${playbook}`];
  if (book === undefined) throw new Error(`${pack} has no playbook ${playbook}`);
  const guard = { isDevelopment: () => false, worth: () => ({ risks, stores }) };
  const [from, to] = ['/srv/it/releases/v2', '/srv/it/releases/v1'].map((path) =>
    release('link', path, path),
  );
  const request = { incident: 'i-1', target, playbook: book, from: from ?? null, to: to ?? null, at: 0 };
  return planner(ready(configuration), guard).build(request, never);
}

/** Every playbook of the packs, the kind of target that it is for, and whether people are asked whatever the level says. */
const cases = [
  ['layra', 'service', 'container', 'disruptive'],
  ['layra', 'service-with-data', 'container', 'disruptive'],
  ['layra', 'restart', 'container', 'disruptive'],
  ['layra', 'stack', 'stack', 'disruptive'],
  ['layra', 'emergency', 'stack', 'disruptive'],
  ['layra', 'release-link', 'link', 'disruptive'],
  ['layra', 'repository', 'repository', 'disruptive'],
  ['layra', 'mysql', 'stack', 'destructive-data'],
  ['layra', 'mysql-schema', 'stack', 'destructive-data'],
  ['layra', 'mongodb', 'stack', 'destructive-data'],
  ['layra', 'qdrant', 'stack', 'destructive-data'],
  ['layra', 'milvus', 'stack', 'destructive-data'],
  ['layra', 'cache', 'stack', 'disruptive'],
  ['layra', 'cache-everything', 'stack', 'disruptive'],
  ['mdm', 'stage-1', 'link', 'destructive-data'],
  ['mdm', 'stage-2', 'link', 'disruptive'],
  ['mdm', 'stage-3', 'link', 'destructive-data'],
  ['mdm', 'stage-4', 'link', 'disruptive'],
  ['mdm', 'stage-4-unreachable', 'link', 'disruptive'],
  ['mdm', 'stage-4-database', 'link', 'destructive-data'],
  ['mdm', 'stage-5', 'link', 'destructive-data'],
  ['mdm', 'stage-6', 'link', 'disruptive'],
  ['mdm', 'full', 'link', 'disruptive'],
] as const;

test('these are all the playbooks of the packs with data', async () => {
  for (const pack of ['layra', 'mdm'] as const) {
    const first = cases.find(([name]) => name === pack);
    const { playbooks } = await configured(pack, first?.[2] ?? '', first?.[1] ?? '');
    const own = cases.filter(([name]) => name === pack).map(([, playbook]) => `${pack}/${playbook}`);
    expect(own.toSorted()).toEqual(Object.keys(playbooks).toSorted());
  }
});

test.each(cases)('%s/%s plans for a %s without a refusal, and is %s', async (pack, playbook, kind, risk) => {
  const { plan, refusal } = await planned(pack, kind, playbook);
  expect(refusal).toBe(null);
  expect(riskOf((plan as Plan).steps)).toBe(risk);
});

test('every playbook of mdm makes its backup before anything else but telling people', async () => {
  for (const [pack, playbook, kind] of cases.filter(([name]) => name === 'mdm')) {
    const { plan } = await planned(pack, kind, playbook);
    const kinds = plan?.steps.map((step) => step.kind) ?? [];
    expect(kinds.slice(0, 3), playbook).toEqual(['notify', 'backup', 'evidence']);
  }
});

test('every playbook of a store holds writes off before it copies, and copies before it replaces', async () => {
  for (const playbook of ['mysql', 'mysql-schema', 'mongodb', 'qdrant', 'milvus']) {
    const { plan } = await planned('layra', 'stack', playbook);
    const kinds = plan?.steps.map((step) => step.kind) ?? [];
    const [quiesce, copy, restore] = [/^write\.quiesce$/, /\.(backup|snapshot)$/, /\.(restore|revert)$/].map(
      (kind) => kinds.findIndex((one) => kind.test(one)),
    );
    expect([quiesce, copy, restore], playbook).toEqual([1, 2, 3]);
  }
});
