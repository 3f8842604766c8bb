import { expect, test } from 'vitest';
import { z } from 'zod';
import { formatProblems } from '../../src/config/format-problems.ts';
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
