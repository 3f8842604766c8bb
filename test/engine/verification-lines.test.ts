import { expect, test } from 'vitest';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { verificationLines } from '../../src/engine/views/verification.ts';
import { shop } from '../rollback/a-step.ts';

test('people read checks as they will be asked, without templates', () => {
  const tcp = { host: 'shop.example', port: 80, timeoutMs: 2000 };
  const lines = verificationLines(
    {
      settleMs: 5 * SECOND,
      phases: [
        {
          name: 'functionality',
          withinMs: MINUTE,
          checks: [{ name: 'http ${target.address}/health', tcp }],
        },
      ],
    },
    { target: { ...shop, address: 'http://shop.example' }, from: null, to: null },
  );

  expect(lines).toEqual([
    'functionality within 1m: http http://shop.example/health',
    "the incident's own rules recover on fresh readings, looked at from 5s after the last step",
  ]);
});
