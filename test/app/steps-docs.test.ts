import { readdirSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { expect, test } from 'vitest';
import { schemas } from '../../src/app/schemas.ts';
import { stepWords } from '../../src/config/schema/words.ts';
import { SimulatedClock } from '../fakes/clock.ts';

const folder = new URL('../../docs/steps/', import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, folder), 'utf8');
const pages = readdirSync(folder).filter((name) => name !== 'README.md');
const { main, pack } = schemas({ clock: new SimulatedClock(), environment: {} });
const isRightMain = new Ajv({ strict: false, allErrors: true }).compile(main);
const isRight = new Ajv({ strict: false, allErrors: true }).compile(pack);

test('docs/steps/README.md has a line for every step, with its risk', () => {
  const rows = [
    ...read('README.md').matchAll(/^\| \[?`([\w.]+)`.*\| (safe|disruptive|destructive data) \|$/gm),
  ];
  expect(rows.map(([, kind = '']) => kind).toSorted()).toEqual(Object.keys(stepWords).toSorted());
});

test.each(pages)('the steps shown in %s are right', (page) => {
  const examples = [...read(page).matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml = '']) => yaml);
  const written = examples.filter((yaml) => yaml.includes('steps:') && !yaml.includes('…'));
  for (const yaml of written) {
    const { steps, playbooks }: { steps?: unknown; playbooks?: unknown } = parse(yaml);
    isRight({ playbooks: playbooks ?? { example: { steps } } });
    expect(isRight.errors ?? []).toEqual([]);
  }
  expect(examples).not.toEqual([]);
});

test.each(['layra', 'mdm'])('what the README of the pack %s wants in the main file is right', (name) => {
  const readme = readFileSync(new URL(`../../rules/${name}/README.md`, folder), 'utf8');
  const examples = [...readme.matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml = '']) => yaml);
  for (const yaml of examples) {
    isRightMain({ version: 1, ...parse(yaml) });
    expect(isRightMain.errors ?? []).toEqual([]);
  }
  expect(examples.length).toBeGreaterThan(1);
});
