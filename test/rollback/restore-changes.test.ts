import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { changesOf } from '../../src/rollback/files/restore-changes.ts';
import { textChange } from '../../src/rollback/files/text-change.ts';
import { nobody, someBackups } from '../backup/some-backups.ts';
import { never } from './a-step.ts';

/** A folder of which there is a set, encrypted; what a restoration would change in it is told by name beneath it. */
async function aFolder(files: Readonly<Record<string, string | Buffer>>) {
  const it = await someBackups({ passphrase: 'a passphrase of a test' });
  rmSync(join(it.conf, 'deep'), { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(it.conf, name), content);
  const backups = await it.openBackups();
  const set = await backups.create('shop', nobody, () => {}, never);
  const [part] = set.parts;
  if (part === undefined) throw new Error('the set is empty');
  const changes = async (name = '') => {
    const path = name === '' ? it.conf : join(it.conf, name);
    const told = await changesOf({ set, part, path, files: it.files, backups }, never);
    return told.map((line) => line.replaceAll(`${it.conf}/`, ''));
  };
  return { at: (name: string) => join(it.conf, name), changes };
}

test('what is as in the set is not told of', async () => {
  const { changes } = await aFolder({ 'app.yaml': 'a: 1\n' });

  expect(await changes()).toEqual([]);
});

test('content, mode and what is missing are told, file by file', async () => {
  const { at, changes } = await aFolder({
    'app.yaml': 'port: 80\nworkers: 4\nend: 1\n',
    'gone.txt': 'x',
    'run.sh': 'exit 0\n',
    'logo.png': Buffer.from([0, 1, 2]),
    'table.csv': 'row\n'.repeat(100_000),
  });
  chmodSync(at('run.sh'), 0o700);
  writeFileSync(at('app.yaml'), 'port: 80\nworkers: 400\nmore: 2\nend: 1\n');
  writeFileSync(at('logo.png'), Buffer.from([0, 1, 2, 3]));
  writeFileSync(at('table.csv'), 'row\n'.repeat(100_001));
  rmSync(at('gone.txt'));

  expect((await changes()).toSorted()).toEqual([
    'app.yaml: from line 2; - workers: 400; - more: 2; + workers: 4',
    'gone.txt: is not there, comes back with 1 bytes',
    'logo.png: other content, no text, 4 → 3 bytes',
    expect.stringMatching(/^run\.sh: mode 700 → 6\d\d$/),
    'table.csv: other content, 400004 → 400000 bytes',
  ]);
  expect(await changes('app.yaml')).toHaveLength(1);
});

test('of an environment file only the keys are told', async () => {
  const { at, changes } = await aFolder({ 'app.env': 'DB_PASSWORD=hunter2\nMODE=good\nOLD=1\n' });
  writeFileSync(at('app.env'), 'DB_PASSWORD=correct-horse\nMODE=good\nNEW=secret\n');

  expect(await changes()).toEqual(['app.env: other value of DB_PASSWORD; adds OLD; takes away NEW']);
});

function change(name: string, before: string, after: string): string {
  return textChange(name, Buffer.from(before), Buffer.from(after))?.join('; ') ?? 'no text';
}

test('values of keys stay hidden wherever a file only sets keys, over several lines, too', () => {
  expect(change('settings', 'A=1\nB=x', 'A=2\nB=x')).toBe('other value of A');
  expect(change('.env.production', 'KEY="-----BEGIN\nabc"\n', 'KEY="-----BEGIN\nxyz"\n')).toBe(
    'other value of KEY',
  );
  expect(change('a.env', '# one\nA=1\n', '# two\nA=1\n')).toBe('comments, order or layout');
  expect(change('conf.ini', '; note\nexport T=1', 'export T=2')).toBe('other value of T');
});

test('in other texts, what may be a secret is left out', () => {
  expect(change('a.yaml', 'db:\n  password: hunter2\n', 'db:\n  password: horse\n')).toBe(
    'from line 2; -   password: …; +   password: …',
  );
  expect(change('a.yaml', 'db: a\n', 'db: mysql://root:hunter2@db/shop\n')).toBe(
    'from line 1; - db: a; + db: mysql://…@db/shop',
  );
  expect(change('a.txt', 'a\n', `${'x9'.repeat(20)}\n`)).toBe('from line 1; - a; + …');
});

test.each([
  ['{"user":"root","password":"hunter2"}', '{"user":"root","password": …'],
  ['url: jdbc:mysql://db/shop?user=a&password=hunter2', 'url: jdbc:mysql://db/shop?user=a&password= …'],
  ['run: mysql --password hunter2', 'run: mysql --password …'],
  ['<add name="DbPassword" value="hunter2"/>', '<add name="DbPassword" …'],
])('a secret behind other words of its line is left out: %s', (line, shown) => {
  expect(change('a.conf', 'a\nb c\n', `a\n${line}\n`)).toBe(`from line 2; - b c; + ${shown}`);
});

test('a secret on the line below its name is left out', () => {
  expect(change('a.yaml', 'password:\n  hunter2\nx y\n', 'password:\n  horse\nx y\n')).toBe(
    'from line 2; - …; + …',
  );
});

test('long changes are cut', () => {
  const many = Array.from({ length: 9 }, (_, index) => `line ${index}`).join('\n');

  expect(change('a.txt', many, 'one')).toMatch(/; - line 5; - … 3 more lines; \+ one$/);
});
