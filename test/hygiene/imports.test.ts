import { posix } from 'node:path';
import { expect, test } from 'vitest';
import { files, text } from './tree.ts';

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

const rooms = [
  'engine',
  'detect',
  'releases',
  'decide',
  'rollback',
  'verify',
  'record',
  'notify',
  'server',
  'config',
  'store',
  'lint',
  'rehearse',
  'backtest',
  'backup',
  'write-gate',
];
/** What each place may import, beside itself. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  main: ['cli', 'app', 'clients', 'domain'],
  cli: ['app', 'clients', 'domain'],
  app: [...rooms, 'clients', 'promql', 'domain', 'state-machines'],
  clients: ['domain'],
  promql: ['domain'],
  domain: [],
  'state-machines': ['domain'],
  ...Object.fromEntries(rooms.map((room) => [room, ['clients', 'promql', 'domain']])),
  engine: ['clients', 'promql', 'domain', 'state-machines'],
};
/** The commands that run the daemon, or part of it, in their own process. */
const appCommands = new Set(
  ['run', 'demo', 'check', 'test', 'backtest', 'import', 'init', 'schema', 'write-gate'].map(
    (name) => `src/cli/${name}.ts`,
  ),
);
const owners: Readonly<Record<string, string>> = {
  axios: 'clients',
  dockerode: 'clients',
  'simple-git': 'clients',
  '@redis/client': 'clients',
  mysql2: 'clients',
  'mysql2/promise': 'clients',
  pg: 'clients',
  mongodb: 'clients',
  '@aws-sdk/client-s3': 'clients',
  '@platformatic/kafka': 'clients',
  '@slack/webhook': 'notify',
  '@slack/web-api': 'notify',
  '@slack/socket-mode': 'notify',
  nodemailer: 'notify',
  fastify: 'server',
  'fastify-type-provider-zod': 'server',
  '@fastify/swagger': 'server',
  '@fastify/rate-limit': 'server',
  'node-cron': 'clients',
  '@prometheus-io/lezer-promql': 'promql',
  '@lezer/common': 'promql',
  re2js: 'promql',
};

const paths = files('src/**/*.ts', 'state-machines/*.ts');
const imports = paths.flatMap(importsOf);

test('every file stands in a place of the house', () => {
  expect(paths.filter((path) => allowed[placeOf(path)] === undefined)).toEqual([]);
});

test('imports point one way, and rooms do not import each other', () => {
  const wrong = imports.filter(({ from, to }) => {
    if (!to.startsWith('src/') && !to.startsWith('state-machines/')) return false;
    const [here, there] = [placeOf(from), placeOf(to)];
    return here !== there && allowed[here]?.includes(there) !== true;
  });
  expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
});

test('only the commands that run the daemon import its composition', () => {
  const wrong = imports.filter(
    ({ from, to }) => from.startsWith('src/cli/') && to.startsWith('src/app/') && !appCommands.has(from),
  );
  expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
});

test('each outside library has one room that knows it', () => {
  const wrong = imports.filter(({ from, to }) => to in owners && owners[to] !== placeOf(from));
  expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
});

test('no file imports itself round a corner', () => {
  const graph = new Map(
    paths.map((path) => [
      path,
      imports.filter(({ from, typeOnly }) => from === path && !typeOnly).map(({ to }) => to),
    ]),
  );
  expect(cycleIn(graph)).toEqual([]);
});

test('the search for cycles finds one', () => {
  const graph = new Map([
    ['a', ['b']],
    ['b', ['c']],
    ['c', ['b']],
  ]);
  expect(cycleIn(graph)).toEqual(['b', 'c', 'b']);
});

function placeOf(path: string): string {
  if (path.startsWith('state-machines/')) return 'state-machines';
  return path === 'src/main.ts' ? 'main' : (path.split('/')[1] ?? '');
}

function importsOf(path: string): Import[] {
  const statements = text(path).matchAll(
    /^(?:import|export)\s+(type\s)?(?:[^;'"]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(['"]([^'"]+)['"]\)/gm,
  );
  return [...statements].map(([, type, named, dynamic]) => {
    const to = named ?? dynamic ?? '';
    return {
      from: path,
      to: to.startsWith('.') ? posix.join(posix.dirname(path), to) : to,
      typeOnly: type !== undefined,
    };
  });
}

/** The first cycle found, as the files passed on the way round; empty when there is none. */
function cycleIn(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const visit = (node: string, way: readonly string[]): string[] => {
    if (way.includes(node)) return [...way.slice(way.indexOf(node)), node];
    if (done.has(node)) return [];
    done.add(node);
    for (const next of graph.get(node) ?? []) {
      const found = visit(next, [...way, node]);
      if (found.length > 0) return found;
    }
    return [];
  };
  for (const node of graph.keys()) {
    const found = visit(node, []);
    if (found.length > 0) return found;
  }
  return [];
}
