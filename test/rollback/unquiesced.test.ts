import { expect, test } from 'vitest';
import { snapshotOptions } from '../../src/rollback/volume/options.ts';
import { unquiesced } from '../../src/rollback/volume/unquiesced.ts';
import { aStep } from './a-step.ts';

test('a copy that rests on writes being held off needs a step before it that holds them off', () => {
  const hold = aStep('write.quiesce', {});
  const snapshot = (writers: string) =>
    aStep('volume.snapshot', snapshotOptions.parse({ volumes: ['data'], writers }));
  const refused = {
    level: 'refuse',
    step: 0,
    message:
      'volume.snapshot has writers: quiesced, and no write.quiesce step before it holds writes off; put one before it, or let writers be stopped',
  };
  expect(unquiesced([snapshot('quiesced')])).toEqual([refused]);
  expect(unquiesced([snapshot('quiesced'), hold])).toEqual([refused]);
  expect(unquiesced([hold, snapshot('quiesced')])).toEqual([]);
  expect(unquiesced([snapshot('stop'), snapshot('running')])).toEqual([]);
});
