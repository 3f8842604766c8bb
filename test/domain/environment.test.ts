import { expect, test } from 'vitest';
import { knownEnvironments, policyOf } from '../../src/domain/environment.ts';
import { configured } from '../config/configuring.ts';

const strict = { backups: 'made', asks: 'people' };

test.each([
  ['production', strict],
  ['staging', strict],
  ['development', { backups: 'skipped', asks: 'nobody' }],
  ['prod-eu', strict],
  ['Development', strict],
  ['constructor', strict],
  ['__proto__', strict],
])('what %s does', (environment, policy) => {
  expect(policyOf({ environment, environments: knownEnvironments })).toEqual(policy);
});

test('an environment is like another one where it says nothing else, and else like production', async () => {
  const configuration = await configured({
    'rollbackd.yaml': `version: 1
environment: laptop
environments:
  laptop: { like: bench, asks: people }
  bench: { like: development }
  load-test: { asks: nobody }
  constructor: { asks: nobody }
  development: { backups: made }
`,
  });
  expect(policyOf(configuration)).toEqual({ backups: 'made', asks: 'people' });
  const { environments } = configuration;
  expect(environments['bench']).toEqual({ backups: 'made', asks: 'nobody' });
  expect(environments['load-test']).toEqual({ backups: 'made', asks: 'nobody' });
  expect(environments['constructor']).toEqual({ backups: 'made', asks: 'nobody' });
  expect(environments['development']).toEqual({ backups: 'made', asks: 'nobody' });
});
