import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { inProcess } from './terminal.ts';

const names = [
  'rollbackd.yaml',
  'rules/shop/rules.yaml',
  'rules/shop/playbooks.yaml',
  'rules/shop/tests/rules.yaml',
  'schema/rollbackd.schema.json',
  'schema/pack.schema.json',
];

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'rollbackd-init-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test('init writes a configuration that check and test have nothing to say about, and tells what comes next', async () => {
  const at = join(folder(), 'new');
  const { code, out, err } = await inProcess(['init', at]);

  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out.replaceAll(at, 'DIR')).toBe(
    [
      ...names.map((name) => `wrote  DIR/${name}`),
      '',
      'Put your own container, address and thresholds into it. Then:',
      ...[
        ['rollbackd check DIR/rollbackd.yaml', 'what is wrong with it'],
        ['rollbackd test DIR/rules', 'what its rules do, on a simulated clock'],
        ['rollbackd run --config DIR/rollbackd.yaml', 'the daemon; it tells, and does not act yet'],
        ['rollbackd status', 'what the daemon sees'],
      ].map(([line = '', what]) => `  ${padded(line, at)}  ${what}`),
      '',
    ].join('\n'),
  );
  const main = join(at, 'rollbackd.yaml');
  const checked = await inProcess(['check', main, '--fail-on', 'info']);
  expect(checked).toMatchObject({ code: 0, err: '' });
  expect(checked.out).toContain('is fine: 1 target, 3 rules, 1 playbook; mode notify');
  const tested = await inProcess(['test', join(at, 'rules'), '--fail-under', '100%']);
  expect(tested).toMatchObject({ code: 0, err: '' });
  expect(tested.out).toContain('5 passed, 0 failed, in 1 file');
});

/** As wide as the longest of these lines, which name the folder. */
function padded(line: string, at: string): string {
  const width = `rollbackd run --config ${at}/rollbackd.yaml`.length;
  return line.padEnd(width - (line.includes('DIR') ? at.length - 'DIR'.length : 0));
}

test('what is commented out in the rules is right, too', async () => {
  const at = folder();
  await inProcess(['init', at]);
  const uncomment = (name: string, from: RegExp): void => {
    const text = readFileSync(join(at, name), 'utf8');
    const begin = text.search(from);
    writeFileSync(join(at, name), text.slice(0, begin) + text.slice(begin).replaceAll(/^( *)# /gm, '$1'));
  };
  uncomment('rules/shop/rules.yaml', /^ {2}# errors:/m);
  const main = join(at, 'rollbackd.yaml');
  const text = readFileSync(main, 'utf8').replace('# prometheus:', 'prometheus:');
  writeFileSync(main, text.replace('# freeze:\n#   -', 'freeze:\n  -').replace('# labels:', 'labels:'));
  const checked = await inProcess(['check', main]);
  expect(checked).toMatchObject({ code: 0, err: '' });
  expect(checked.out).toContain('1 target, 4 rules, 1 playbook');
});

test('init says where each file has its schema', async () => {
  const at = folder();
  await inProcess(['init', at]);
  for (const name of names.filter((name) => /(rollbackd|rules\/shop\/\w+)\.yaml$/.test(name))) {
    const path = /^# yaml-language-server: \$schema=(.*)$/m.exec(readFileSync(join(at, name), 'utf8'))?.[1];
    expect(existsSync(join(at, name, '..', path ?? 'none')), name).toBe(true);
  }
  const { out } = await inProcess(['schema', 'pack']);
  expect(readFileSync(join(at, 'schema/pack.schema.json'), 'utf8')).toBe(out);
});

test('init never overwrites: if any of its files is there, it writes none', async () => {
  const at = folder();
  mkdirSync(join(at, 'rules/shop'), { recursive: true });
  writeFileSync(join(at, 'rules/shop/rules.yaml'), 'mine');
  const { code, out, err } = await inProcess(['init', at]);
  expect({ code, out, err: err.replaceAll(at, 'DIR') }).toEqual({
    code: 1,
    out: '',
    err: 'nothing was written; there already: DIR/rules/shop/rules.yaml\n',
  });
  expect(readFileSync(join(at, 'rules/shop/rules.yaml'), 'utf8')).toBe('mine');
  expect(existsSync(join(at, 'rollbackd.yaml'))).toBe(false);
  expect(JSON.parse((await inProcess(['init', at, '--json'])).out)).toEqual({
    folder: at,
    there: ['rules/shop/rules.yaml'],
  });
});

test('init says where it cannot write', async () => {
  expect(await inProcess(['init', '/proc/rollbackd'])).toEqual({
    code: 2,
    out: '',
    err: expect.stringContaining('init: cannot write into /proc/rollbackd: ENOENT') as string,
  });
});

test('schema prints one of two schemas, and knows no other', async () => {
  expect(JSON.parse((await inProcess(['schema'])).out)).toHaveProperty('properties.targets');
  expect(JSON.parse((await inProcess(['schema', 'pack', '--json'])).out)).toHaveProperty('properties.rules');
  const { code, err } = await inProcess(['schema', 'rules']);
  expect(code).toBe(2);
  expect(err).toContain('schema: expected main or pack, got rules');
});
