import { expect, test } from 'vitest';
import { planner } from '../../src/rollback/planner.ts';
import { MINUTE } from '../../src/domain/time.ts';
import { never, shop } from './a-step.ts';

test('a plan names its checks as they will be asked, without templates', async () => {
  const tcp = { host: 'shop.example', port: 80, timeoutMs: 2000 };
  const { plan } = await planner({}).build(
    {
      incident: 'i-7k3f9a',
      target: { ...shop, address: 'http://shop.example' },
      playbook: {
        id: 'shop/service',
        steps: [],
        verification: {
          settleMs: 0,
          phases: [
            {
              name: 'functionality',
              withinMs: MINUTE,
              checks: [{ name: 'http ${target.address}/health', tcp }],
            },
          ],
        },
        objectives: { rollbackMs: MINUTE, verificationMs: MINUTE, totalMs: MINUTE },
        otherwisePlaybook: null,
        communication: null,
      },
      from: null,
      to: null,
      at: 0,
    },
    never,
  );

  expect(plan?.verification.phases[0]?.checks).toEqual([{ name: 'http http://shop.example/health', tcp }]);
});
