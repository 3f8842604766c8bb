import { expect, test } from 'vitest';
import { z } from 'zod';
import { formatProblems } from '../../src/config/format-problems.ts';
import { branchProblem, repositoryUrlProblem } from '../../src/config/git-names.ts';
import { holdPlaces } from '../../src/config/placeholders.ts';
import { nearest } from '../../src/config/suggest.ts';
import { judge } from '../../src/config/wording.ts';

test.each([
  ['holdfor', ['hold_for', 'revert_when'], 'hold_for'],
  ['sevrice', ['service', 'serve'], 'service'],
  ['docker.rolback', ['docker.rollback', 'docker.restart'], 'docker.rollback'],
  ['Mode', ['mode'], 'mode'],
  ['xy', ['mode', 'host'], null],
  ['lora', ['layra', 'mdm'], null],
  ['x'.repeat(65), ['x'.repeat(64)], null],
])('%s is nearest to one of %j', (written, known, expected) => {
  expect(nearest(written, known)).toBe(expected);
});

test('problems stand in columns, in the order of the files, and cannot write to the terminal', () => {
  const problems = [
    { file: 'rules/b.yaml', line: 12, column: 1, path: 'rules.a', message: 'second \u001b[31mred' },
    { file: 'rules/b.yaml', line: 3, column: 13, path: 'rules.errors.for', message: 'first' },
    { file: 'a.yaml', line: 1, column: 1, path: '', message: 'cannot be read' },
  ];
  expect(formatProblems(problems)).toBe(
    [
      'a.yaml:1:1                           cannot be read',
      'rules/b.yaml:3:13  rules.errors.for  first',
      'rules/b.yaml:12:1  rules.a           second \\x1b[31mred',
    ].join('\n'),
  );
  expect(formatProblems([])).toBe('');
});

test('a URL with a template is judged as the URL it will be, and is given back as it was written', () => {
  const written = {
    url: '${target.address}/a/${to.commit}',
    image: '${from.image}',
    list: ['${target.labels.zone}'],
  };
  const { held, restore } = holdPlaces(written);
  const schema = z.strictObject({
    url: z.url(),
    image: z.string().regex(/^sha256:[0-9a-f]{64}$/),
    list: z.array(z.hostname()),
  });
  expect(restore(schema.parse(held))).toEqual(written);
});

test('of several forms, the one whose outer shape fits is the one that is spoken of', () => {
  const schema = z.union([
    z.enum(['memory', 'cpu']),
    z.strictObject({ measure: z.string(), of: z.string().optional() }),
  ]);
  const said = (value: unknown): unknown => {
    const judged = judge(schema, value);
    return judged.ok ? 'ok' : judged.objections.map(({ path, message }) => [path.join('.'), message]);
  };
  expect(said('memory')).toBe('ok');
  expect(said('memroy')).toEqual([
    ['', 'expected memory or cpu or a map, got "memroy", did you mean memory?'],
  ]);
  expect(said({ mesure: 'x' })).toEqual([
    ['measure', 'is missing; expected text'],
    ['mesure', 'unknown key, did you mean measure?'],
  ]);
  expect(said(['memory'])).toEqual([['', 'expected memory or cpu or a map, got a list']]);
});

test.each(['main', 'release/2.x', 'feature/a_b-c', 'v1.2', 'a@b'])('%s is a branch name', (name) => {
  expect(branchProblem(name)).toBeNull();
});

test.each(['', '-x', '--force', '@', 'a@{1}', 'a..b', 'a b', 'a~1', 'a^', 'a:b', 'a?', 'a*', 'a[b', 'a\\b'])(
  '%j is not a branch name',
  (name) => {
    expect(branchProblem(name)).toMatch(/^is not a branch name: /);
  },
);

test.each(['/a', 'a/', 'a//b', '.a', 'a/.b', 'a.lock', 'a.lock/b', 'a.', 'a\u0000', 'a\nb', 'x'.repeat(201)])(
  '%j is not a branch name either',
  (name) => {
    expect(branchProblem(name)).toMatch(/^is not a branch name: /);
  },
);

const all = ['https', 'ssh', 'file'];

test.each([
  'https://git.example/shop.git',
  'https://git.example:8443/team/shop',
  'ssh://git@git.example/shop.git',
  'ssh://git.example:2222/shop',
  'file:///srv/git/shop.git',
  '/srv/git/shop.git',
])('%s is the URL of a repository', (url) => {
  expect(repositoryUrlProblem(url, all)).toBeNull();
});

test.each([
  'ext::sh -c id',
  'ext::sh',
  'fd::17',
  'http://git.example/shop',
  'git://git.example/shop',
  'ftp://git.example/shop',
  'git@git.example:shop.git',
  '--upload-pack=id',
  '-u/srv',
  'ssh://-oProxyCommand=id/x',
  'ssh://%2DoProxyCommand=id/x',
  'ssh://-l@git.example/x',
  'ssh://-x/shop',
  'ssh://git.example/-x',
  'ssh://git.example',
  'https://',
  'https://me:secret@git.example/shop',
  'https://token@git.example/shop',
  'ssh://git:secret@git.example/shop',
  'file://host/srv/git',
  'file:///',
  '/srv/../etc',
  '../shop',
  'shop',
  'https://git.example/a b',
  'https://git.example/a\nb',
  '',
])('%j is refused as the URL of a repository', (url) => {
  expect(repositoryUrlProblem(url, all)).not.toBeNull();
});
