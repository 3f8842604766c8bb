import { expect, test } from 'vitest';
import { checkConfiguration } from '../../src/app/check.ts';
import { SimulatedClock } from '../fakes/clock.ts';
import { files } from '../hygiene/tree.ts';
import { today } from './linting.ts';

const packs = files('rules/*/rules.yaml').map((path) => path.replace('/rules.yaml', ''));

test.each(packs)('the pack %s raises no doubt that matters', async (path) => {
  const checked = await checkConfiguration({ path, clock: new SimulatedClock(today), environment: {} });
  if (!checked.ok) throw new Error(checked.lines.join('\n'));
  const mattering = checked.findings.filter(({ gravity }) => gravity !== 'info');
  expect(mattering.map(({ code, file, line, message }) => `${file}:${line} ${code} ${message}`)).toEqual([]);
});
