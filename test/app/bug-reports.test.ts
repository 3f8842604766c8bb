import { expect, test } from 'vitest';
import { Running } from './running.ts';

const rule = `rules:
  bugs:
    every: 1s
    reports: { within: 10m }
    levels: { critical: { above: 5, for: 0s } }
`;

test('what people report is what a rule reads, without a restart and after one', async () => {
  await using at = new Running({ 'packs/host/rules.yaml': rule });
  await at.start();
  const reading = async (): Promise<string> => {
    const [bugs] = (await at.status()).targets[0]?.rules ?? [];
    return `${bugs?.verdict}: ${bugs?.detail}`;
  };
  await at.looks(1);
  expect(await reading()).toBe('ok: no bug reported within 10m');

  const reported = { do: 'bug', target: 'shop', issue: 'SHOP-7', note: '' } as const;
  for (const by of ['ana', 'bo', 'cy', 'di', 'el', 'el'])
    await at.daemon.execute({ ...reported, by }, { name: 'support', role: 'operator' });
  await at.looks(1);
  expect(await reading()).toBe('ok: 5 people reported SHOP-7 within 10m');

  await at.stop();
  await at.start();
  await at.daemon.execute({ ...reported, by: 'fi' }, { name: 'support', role: 'operator' });
  await at.looks(1);
  expect(await reading()).toBe('breach: 6 people reported SHOP-7 within 10m');
});
