import {
  chmodSync,
  chownSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { effectRecords } from '../../src/clients/files/records.ts';
import { flagsSetDriver } from '../../src/rollback/drivers/flags-set.ts';
import { flagText, type FlagFormat } from '../../src/rollback/flags/flag-text.ts';
import { SimulatedClock } from '../fakes/clock.ts';
import { aDirectory } from './a-directory.ts';
import { aStep, never, opId } from './a-step.ts';
import { dieBetweenCalls, Died } from './crashes.ts';

const yaml = `# Feature flags
use_legacy_config: false   # since 2.0
storage:
    pools: {max: 5, min: 1}
    use_legacy: 'no'

list:
  - a
`;

const nothingRemote = { http: {} as never, environment: {}, stores: {}, open: {} as never };

function written(text: string, options: object, name = 'feature_flags.yaml') {
  const root = aDirectory();
  const file = join(root, name);
  writeFileSync(file, text);
  const stateDir = aDirectory();
  const open = () =>
    flagsSetDriver({
      files: { hostRoot: '/', roots: [root] },
      records: effectRecords(stateDir, new SimulatedClock()),
      ...nothingRemote,
    });
  const driver = open();
  const step = aStep('flags.set', driver.options.parse({ file, ...options }));
  return {
    root,
    file,
    open,
    driver,
    step,
    now: () => readFileSync(file, 'utf8'),
    facts: () => driver.read(step, never),
    refusals: async () =>
      (await driver.preflight(step, await driver.read(step, never), never)).map(({ message }) =>
        message.replaceAll(root, 'ROOT'),
      ),
  };
}

const set = { set: { use_legacy_config: true, storage: { pools: { max: 9 }, use_legacy: 'yes' } } };

test('only what changes is rewritten: comments, order, quotes around it and indentation stay', async () => {
  const it = written(yaml, set);
  expect(await it.driver.probe(it.step, opId, never)).toBe('not_done');

  expect(await it.driver.apply(it.step, opId, never)).toEqual({
    ended: 'done',
    detail: `${it.file}: use_legacy_config: true (was false), storage.pools.max: 9 (was 5), storage.use_legacy: "yes" (was "no")`,
  });

  expect(it.now()).toBe(
    yaml.replace('false   #', 'true   #').replace('max: 5', 'max: 9').replace("'no'", 'yes'),
  );
  expect(await it.driver.probe(it.step, opId, never)).toBe('done');
});

test('a dry run says what would change, and shows no value that may be a secret', async () => {
  const it = written('A=1\nDB_PASSWORD=hunter2\n', { set: { A: 2, DB_PASSWORD: 'other' } }, '.env');

  const said = it.driver.describe(it.step, await it.facts());

  expect(said).toBe(
    `in ${it.file}: A: 2 (was "1"), DB_PASSWORD: a text that is not shown (was a text that is not shown)`,
  );
});

test('owner and mode stay, and nothing is left beside the file', async () => {
  const it = written(yaml, set);
  chownSync(it.file, 1234, 2345);
  chmodSync(it.file, 0o640);

  await it.driver.apply(it.step, opId, never);

  const { uid, gid, mode } = statSync(it.file);
  expect([uid, gid, mode & 0o777]).toEqual([1234, 2345, 0o640]);
  expect(readdirSync(it.root)).toEqual(['feature_flags.yaml']);
});

test('a later failure puts the file back as it was, byte for byte', async () => {
  const it = written(yaml, set);
  await it.driver.apply(it.step, opId, never);

  expect(await it.open().undo?.(it.step, opId, never)).toEqual({
    ended: 'done',
    detail: `${it.file} was put back`,
  });

  expect(it.now()).toBe(yaml);
  // Or a daemon that died right behind it could not tell that it was put back.
  expect(await it.open().probe(it.step, opId, never)).toBe('not_done');
  expect(await it.open().undo?.(it.step, opId, never)).toMatchObject({ ended: 'done' });
});

test('what somebody changed since is not put back', async () => {
  const it = written(yaml, set);
  await it.driver.apply(it.step, opId, never);
  writeFileSync(it.file, `${it.now()}mine: 1\n`);

  expect(await it.driver.undo?.(it.step, opId, never)).toEqual({
    ended: 'failed',
    detail: `${it.file} was changed by somebody else since; it is left as it is`,
    retryable: false,
  });
  expect(it.now()).toContain('mine: 1');
});

test('what holds already is not written again', async () => {
  const it = written(yaml, { set: { use_legacy_config: false } });
  const { ino } = statSync(it.file);

  expect(await it.driver.apply(it.step, opId, never)).toEqual({
    ended: 'done',
    detail: `${it.file} already holds use_legacy_config: false`,
  });
  expect(statSync(it.file).ino).toBe(ino);
  expect(it.driver.describe(it.step, await it.facts())).toBe(`in ${it.file}: nothing to change`);
});

for (let nth = 1; nth <= 3; nth += 1)
  test(`killed at call ${nth}, the file is whole, and a repeat finishes it and can still be undone`, async () => {
    const it = written(yaml, set);
    const reached = dieBetweenCalls(nth);
    await expect(it.driver.apply(it.step, opId, never)).rejects.toBeInstanceOf(Died);
    expect(reached()).toBe(nth);
    expect(() => parse(it.now()) as unknown).not.toThrow();

    const after = it.open();
    expect(await after.apply(it.step, opId, never)).toMatchObject({ ended: 'done' });
    expect(await after.probe(it.step, opId, never)).toBe('done');
    expect(readdirSync(it.root)).toEqual(['feature_flags.yaml']);

    await after.undo?.(it.step, opId, never);
    expect(it.now()).toBe(yaml);
  });

describe('a plan is refused', () => {
  test('where the file is missing, a link, outside the roots, or not of its format', async () => {
    const missing = written(yaml, { ...set, file: '/nowhere/flags.yaml' });
    expect(await missing.refusals()).toEqual([
      '/nowhere/flags.yaml may not be changed: it is not inside ROOT (file_roots)',
    ]);
    const broken = written('a: [1\n', set);
    expect((await broken.refusals())[0]).toMatch(/^ROOT\/feature_flags\.yaml: it is not readable as YAML: /);
    const linked = written(yaml, set);
    const link = join(linked.root, 'link.yaml');
    symlinkSync(linked.file, link);
    const step = aStep('flags.set', linked.driver.options.parse({ ...set, file: link }));
    expect(await linked.driver.preflight(step, await linked.driver.read(step, never), never)).toEqual([
      {
        level: 'refuse',
        message: `could not read ${link}: it is a symbolic link, and none is followed here`,
      },
    ]);
    const gone = {
      ...linked.step,
      options: linked.driver.options.parse({ ...set, file: `${linked.root}/x.yaml` }),
    };
    expect(await linked.driver.preflight(gone, await linked.driver.read(gone, never), never)).toEqual([
      { level: 'refuse', message: `could not read ${linked.root}/x.yaml: it is not there` },
    ]);
  });

  test('where a value does not fit into the format', async () => {
    const it = written('A=1\n', { set: { A: 'two\nlines' } }, '.env');

    expect(await it.refusals()).toEqual([
      'ROOT/.env: a value of more than one line cannot be written into a dotenv file',
    ]);
  });

  test('where nothing is set, or nobody can tell the format', () => {
    const { driver } = written(yaml, set);

    expect(() => driver.options.parse({ file: '/x.yaml' })).toThrow('sets and unsets nothing');
    expect(() => driver.options.parse({ file: '/x.conf', set: { a: 1 } })).toThrow('does not say its format');
  });
});

describe('each format keeps what it does not change', () => {
  const cases: readonly [FlagFormat, string, Parameters<ReturnType<typeof flagText>['apply']>[1], string][] =
    [
      ['yaml', 'a: 1 # x\nb: 2\n', [{ path: ['b'], value: 'on: off' }], 'a: 1 # x\nb: "on: off"\n'],
      ['yaml', 'a: 1 # x\n', [{ path: ['new', 'key'], value: true }], 'a: 1 # x\nnew:\n  key: true\n'],
      ['yaml', '# top\na: 1\nb: 2\n', [{ path: ['a'], value: undefined }], '# top\nb: 2\n'],
      ['yaml', 'a: &x 1\nb: *x\n', [{ path: ['b'], value: 5 }], 'a: &x 1\nb: 5\n'],
      [
        'json',
        '{\n    "a": 1,\n    "b": {"c": 2}\n}\n',
        [{ path: ['b', 'c'], value: 3 }],
        '{\n    "a": 1,\n    "b": {"c": 3}\n}\n',
      ],
      [
        'json',
        '{\n\t// why\n\t"a": 1\n}\n',
        [{ path: ['a'], value: 'x"y' }],
        '{\n\t// why\n\t"a": "x\\"y"\n}\n',
      ],
      ['json', '{"a": 1}', [{ path: ['a'], value: undefined }], '{}'],
      [
        'dotenv',
        '# top\nexport A=1 # one\nB="two words"\n',
        [{ path: ['A'], value: true }],
        '# top\nexport A=true # one\nB="two words"\n',
      ],
      ['dotenv', 'A=1', [{ path: ['B'], value: 'x y' }], "A=1\nB='x y'\n"],
      ['dotenv', 'A=1\r\nB=2\r\n', [{ path: ['A'], value: 3 }], 'A=3\r\nB=2\r\n'],
      ['dotenv', 'A=1\nA=2\n', [{ path: ['A'], value: 3 }], 'A=3\nA=3\n'],
      ['dotenv', 'A=1\nB=2\n', [{ path: ['A'], value: undefined }], 'B=2\n'],
      ['dotenv', 'A=color#1\n', [{ path: ['A'], value: 'b' }], 'A=b\n'],
    ];
  for (const [format, text, changes, after] of cases)
    test(`${format}: ${JSON.stringify(text)} becomes ${JSON.stringify(after)}`, () => {
      expect(flagText(format).apply(text, changes)).toBe(after);
    });

  for (const format of ['yaml', 'json', 'dotenv'] as const)
    test(`${format}: whatever is set is read back, and the neighbours are untouched`, () => {
      const text = { yaml: 'a: 1\nz: keep\n', json: '{"a": 1, "z": "keep"}', dotenv: 'a=1\nz=keep\n' }[
        format
      ];
      const value =
        format === 'dotenv'
          ? fc.stringMatching(/^[^\r\n\0]*$/)
          : fc.oneof(fc.string(), fc.boolean(), fc.integer());
      fc.assert(
        fc.property(value, (given) => {
          const after = flagText(format).apply(text, [{ path: ['a'], value: given }]);
          expect(flagText(format).get(after, ['a'])).toEqual({ value: given });
          expect(flagText(format).get(after, ['z'])).toEqual({ value: 'keep' });
        }),
      );
    });
});
