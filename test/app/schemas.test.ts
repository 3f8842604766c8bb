import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { array, assert, constantFrom, nat, property, tuple } from 'fast-check';
import { Ajv, type ValidateFunction } from 'ajv';
import { parse } from 'yaml';
import { describe, expect, test } from 'vitest';
import { schemas } from '../../src/app/schemas.ts';
import { quantityPattern } from '../../src/config/scalars.ts';
import { parseQuantity } from '../../src/domain/quantity.ts';
import { durationPattern, parseDuration } from '../../src/domain/time.ts';
import { SimulatedClock } from '../fakes/clock.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const made = schemas({ clock: new SimulatedClock(), environment: {} });
const files = { main: 'schema/rollbackd.schema.json', pack: 'schema/pack.schema.json' } as const;
type Which = keyof typeof files;

/** What a schema objects to in YAML, as `path message`; null when it has nothing to say. */
function objection(which: Which, yaml: string): string | null {
  const validate = validators[which];
  if (validate(parse(yaml))) return null;
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`).join('\n');
}

const strict = { strict: true, strictRequired: false, allowUnionTypes: true, allErrors: true };
const validators: Readonly<Record<Which, ValidateFunction>> = {
  main: new Ajv(strict).compile(made.main),
  pack: new Ajv(strict).compile(made.pack),
};

test.each(['main', 'pack'] as const)(
  'the committed schema of %s is what `rollbackd schema` prints',
  (which) => {
    expect(read(files[which]), `run: npm run -s rollbackd schema ${which} > ${files[which]}`).toBe(
      `${JSON.stringify(made[which], null, 2)}\n`,
    );
  },
);

describe.each(['main', 'pack'] as const)('in the schema of %s', (which) => {
  const maps = [...mapsIn(made[which], which)];

  test('no map takes keys that it does not know', () => {
    expect(
      maps.filter(({ node }) => Reflect.get(node, 'additionalProperties') !== false).map(({ path }) => path),
    ).toEqual([]);
  });

  test('every key says what it means, and what it holds', () => {
    const keys = maps.flatMap(({ path, properties }) =>
      Object.entries(properties).map(([key, schema]) => ({ path: `${path}.${key}`, schema })),
    );
    expect(keys.length).toBeGreaterThan(40);
    const wordless = keys.filter(({ schema }) => !('description' in schema) && !('$ref' in schema));
    expect(wordless.map(({ path }) => path)).toEqual([]);
    const empty = keys.filter(({ schema }) => Object.keys(schema).every((word) => word === 'description'));
    // Any JSON may be expected of an answer, sent, or be the value of a flag.
    expect(empty.map(({ path }) => path).filter((path) => !/\.(json|value)$/.test(path))).toEqual([]);
  });
});

interface MapSchema {
  readonly path: string;
  readonly node: object;
  readonly properties: Readonly<Record<string, object>>;
}

function* mapsIn(node: unknown, path: string): Generator<MapSchema> {
  if (node === null || typeof node !== 'object') return;
  if ('properties' in node) yield { path, node, properties: node.properties as MapSchema['properties'] };
  for (const [key, value] of Object.entries(node)) yield* mapsIn(value, `${path}.${key}`);
}

const cases = readdirSync(new URL('test/config/cases', root)).filter((name) => name.endsWith('.yaml'));
const kindOf = (name: string): Which => (name.endsWith('.main.yaml') ? 'main' : 'pack');
const caseOf = (name: string): string => read(`test/config/cases/${name}`);

/** A start takes these; warnings do not matter. */
const fine = cases.filter((name) =>
  caseOf(name.replace(/\.yaml$/, '.problems.txt'))
    .trim()
    .split('\n')
    .every((line) => line === 'ok' || line.includes('  warning: ')),
);

test.each(fine)('what a start takes, the schema takes: %s', (name) => {
  expect(objection(kindOf(name), caseOf(name))).toBeNull();
});

test.each([
  'durations.main.yaml',
  'durations.rules.yaml',
  'literal-webhook.main.yaml',
  'people.main.yaml',
  'people-shapeless.main.yaml',
  'plans.communication.yaml',
  'scrape.main.yaml',
  'secrets.main.yaml',
  'unknown-keys.main.yaml',
  'unknown-keys.playbooks.yaml',
  'unknown-keys.rules.yaml',
  'unknown-names.rules.yaml',
  'wrong-top.rules.yaml',
])('what a start refuses for its form, the schema refuses: %s', (name) => {
  expect(objection(kindOf(name), caseOf(name))).not.toBeNull();
});

test('the schemas take the files that come with rollbackd, and what the documents show', () => {
  const shipped = [
    ...readdirSync(new URL('rules', root)).flatMap((pack) =>
      ['rules.yaml', 'playbooks.yaml', 'communication.yaml'].map((file) => `rules/${pack}/${file}`),
    ),
    'deploy/rollbackd.yaml',
    'test/config/example/rollbackd.yaml',
  ].filter((path) => existsSync(new URL(path, root)));
  const shown = ['README.md', ...readdirSync(new URL('docs', root)).map((name) => `docs/${name}`)]
    .filter((path) => path.endsWith('.md'))
    .flatMap((path) => blocksIn(read(path)).map((yaml) => ({ path, yaml })));
  const all = [...shipped.map((path) => ({ path, yaml: read(path) })), ...shown];
  const judged = all.flatMap(({ path, yaml }) => {
    const which = whichOf(yaml);
    return which === null ? [] : [{ path, objection: objection(which, yaml) }];
  });
  expect(judged.filter(({ objection }) => objection !== null)).toEqual([]);
  expect(judged.length).toBeGreaterThan(6);
});

/** The YAML that a document shows; several files in a block are told apart by their names in comments. */
function blocksIn(page: string): string[] {
  return [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].flatMap(([, yaml = '']) =>
    yaml.split(/^# \S+\.yaml$/m),
  );
}

/** Which file a text is a whole example of; null for a part of one, or something else. */
function whichOf(yaml: string): Which | null {
  const value: unknown = parse(yaml, { uniqueKeys: false });
  if (value === null || typeof value !== 'object') return null;
  if ('version' in value) return 'main';
  const known = Object.entries(value).every(
    ([key, inside]) => ['rules', 'playbooks', 'communication'].includes(key) && !Array.isArray(inside),
  );
  return known ? 'pack' : null;
}

test.each([
  [
    'a key with a slip',
    'rules: { a: { disk: { path: / }, levls: {} } }',
    'must NOT have additional properties',
  ],
  ['a severity that there is not', rule('levels: { sever: { above: 1, for: 1m } }'), 'additional properties'],
  ['no level', rule('levels: {}'), 'must NOT have fewer than 1 properties'],
  ['a number where a duration is meant', rule('levels: { high: { above: 1, for: 60 } }'), 'must be string'],
  ['a duration without a unit', rule('levels: { high: { above: 1, for: "60" } }'), 'must match pattern'],
  [
    'a quantity with a unit that there is not',
    rule('levels: { high: { above: 5 km, for: 1m } }'),
    'must match pattern',
  ],
  [
    'a level without a condition',
    rule('levels: { high: { do: ask } }'),
    "must have required property 'above'",
  ],
  [
    'two signals',
    rule('levels: { high: { failures: 2 } }, docker: healthy'),
    'must match exactly one schema in oneOf',
  ],
  [
    'no signal',
    'rules: { a: { levels: { high: { failures: 2 } } } }',
    'must match exactly one schema in oneOf',
  ],
  [
    'an option that the signal has not',
    'rules: { a: { disk: { path: /, free: 1 }, levels: { high: { above: 1, for: 0s } } } }',
    'additional properties',
  ],
  [
    'a step that there is not',
    'playbooks: { a: { steps: [{ docker.rolback: {} }] } }',
    'additional properties',
  ],
  [
    'two things in one step',
    'playbooks: { a: { steps: [{ wait: { for: 1s }, evidence: {} }] } }',
    'must match exactly one schema in oneOf',
  ],
  ['a playbook without steps', 'playbooks: { a: { verify: {} } }', "must have required property 'steps'"],
  ['a plan without announcements', 'communication: { a: [] }', 'must NOT have fewer than 1 items'],
  [
    'an announcement to somebody else',
    'communication: { a: [{ after: 0s, to: everybody, say: hello }] }',
    'must be equal to one of the allowed values',
  ],
  [
    'an announcement that says nothing',
    'communication: { a: [{ after: 0s, to: internal }] }',
    "must have required property 'say'",
  ],
] as const)('the schema of packs refuses %s', (_, yaml, says) => {
  expect(objection('pack', yaml)).toContain(says);
});

function rule(rest: string): string {
  return `rules: { a: { disk: { path: / }, ${rest} } }`;
}

test.each([
  ['another version', 'version: 2', '/version must be equal to constant'],
  [
    'a secret that is written out',
    'version: 1\nslack: { webhook: https://hooks }',
    '/slack/webhook must be object',
  ],
  [
    'a webhook and an app',
    'version: 1\nslack: { webhook: { env: A }, app: {} }',
    '/slack must match exactly one schema in oneOf',
  ],
  [
    'an app that hears no clicks',
    'version: 1\nslack: { app: { bot_token: { env: A }, channel: C01, team: T01, id: A01 } }',
    "/slack/app must have required property 'app_token'",
  ],
  [
    'the name of a channel where its id is meant',
    "version: 1\nslack: { app: { channel: '#ops' } }",
    '/slack/app/channel must match pattern',
  ],
  [
    'a role that nobody has',
    'version: 1\ncontacts: { cto: { name: a, phone: "110" } }',
    '/contacts must NOT have additional properties',
  ],
  [
    'approvers who are nobody',
    'version: 1\napprovers: [{ role: admin }]',
    "/approvers/0 must have required property 'slack_users'",
  ],
  ['a mode that there is not', 'version: 1\nmode: atuo', '/mode must be equal to one of the allowed values'],
  [
    'a target that is nothing',
    'version: 1\ntargets: { a: { playbook: b } }',
    "/targets/a must have required property 'container'",
  ],
  [
    'a role that there is not',
    'version: 1\ntokens: [{ name: a, role: root, token: { env: A } }]',
    '/tokens/0/role must be equal',
  ],
] as const)('the schema of the main file refuses %s', (_, yaml, says) => {
  expect(objection('main', yaml)).toContain(says);
});

test('templates may stand wherever rules and playbooks may use them', () => {
  expect(objection('pack', rule('levels: { high: { above: 1, for: 0s } }'))).toBeNull();
  const step =
    'link.rollback: { to: "${to.link}", healthy: { url: "${target.address}/health", within: 5s } }';
  expect(objection('pack', `playbooks: { a: { steps: [{ ${step} }] } }`)).toBeNull();
  expect(objection('pack', 'playbooks: { a: { steps: [{ evidence: }] } }')).toBeNull();
});

test('how durations and quantities are written is said as they are read', () => {
  const durationIn = new RegExp(durationPattern);
  const part = tuple(nat(99), constantFrom('ms', 's', 'm', 'h', 'd', 'x', '', '.5s', 'S')).map((both) =>
    both.join(''),
  );
  const written = array(part, { maxLength: 3 }).map((parts) => parts.join(''));
  assert(
    property(written, (text) => {
      expect(durationIn.test(text)).toBe(parseDuration(text) !== null);
    }),
  );
  const quantityIn = new RegExp(quantityPattern);
  const units = constantFrom('', '%', 'x', 'B', 'KB', 'MiB', 'TiB', 'mib', 's', 'km');
  assert(
    property(tuple(constantFrom('', '-', ' '), nat(99), constantFrom('', '.5'), units), (parts) => {
      const text = parts.join('');
      expect(quantityIn.test(text)).toBe(parseQuantity(text) !== null || parseDuration(text) !== null);
    }),
  );
});
