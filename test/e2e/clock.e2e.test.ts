import { existsSync, globSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Production, type Shop } from './production.ts';

let production: Production;

beforeAll(async () => {
  production = await Production.open();
});
afterAll(() => production.close());

/** The wall clock of one daemon, of which the monotonic clock knows nothing. */
function wallClock(name: string): {
  readonly environment: Record<string, string>;
  step(hours: number): void;
} {
  const [library = 'libfaketime.so.1'] = globSync('/usr/lib/*/faketime/libfaketime.so.1');
  expect(existsSync(library), 'the package faketime is installed').toBe(true);
  const file = join(production.folder, `${name}.clock`);
  writeFileSync(file, '+0');
  return {
    environment: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
    step: (hours) => writeFileSync(file, `${hours < 0 ? '-' : '+'}${Math.abs(hours) * 3600}`),
  };
}

async function untilJumped({ daemon }: Shop, times: number): Promise<void> {
  await daemon.until(
    `${times} jumps are in the journal`,
    async () => daemon.said('clock_jump').length >= times,
  );
}

test.concurrent('an hour forth and back causes nothing', async () => {
  const clock = wallClock('calm');
  await using shop = await production.openShop('calm', { environment: clock.environment });
  const daemon = await shop.watchUntilGood();
  const container = await production.docker.cli('inspect', '--format', '{{.Id}}', shop.name);

  clock.step(1);
  await untilJumped(shop, 1);
  clock.step(-1);
  await untilJumped(shop, 2);
  clock.step(0);
  await untilJumped(shop, 3);

  expect(daemon.said('clock_jump')).toEqual([
    expect.stringMatching(/^the wall clock jumped by (1h|59m59\.\d+s|1h\d+ms); pending breaches start over$/),
    expect.stringMatching(/^the wall clock jumped by -/),
    expect.stringMatching(/^the wall clock jumped by /),
  ]);
  await shop.untilRead();
  expect(await daemon.incidents()).toEqual([]);
  expect(await production.docker.cli('inspect', '--format', '{{.Id}}', shop.name)).toBe(container);
});

test.concurrent.each([
  ['forth', 1],
  ['back', -1],
])(
  'an hour %s in the middle of a breach neither hastens nor suppresses the rollback',
  async (name, hours) => {
    const clock = wallClock(name);
    await using shop = await production.openShop(name, { environment: clock.environment });
    await shop.build(2, 'errors');
    const daemon = await shop.watchUntilGood();
    await shop.service.deploy(shop.image(2));
    const begunAt = await daemon.until('the breach is pending', async () => {
      const { rules } = await daemon.target(shop.name);
      const rule = rules.find(({ rule: id }) => id === 'layra/api-error-rate');
      return rule?.levels.find(({ phase }) => phase === 'pending')?.since;
    });
    clock.step(hours);
    await untilJumped(shop, 1);

    // And once more while the rollback is being verified.
    await daemon.until('the steps are done', async () => daemon.said('rollback.settling').length > 0);
    clock.step(0);
    const incident = await shop.untilIncident('closed', 'handed_over');
    expect(incident.outcome).toBe('rolled_back');
    expect(daemon.said('clock_jump').length).toBe(2);
    // The three seconds of the level were counted anew, by a clock that did not jump.
    const { breachedAt, detectedAt, verifiedAt } = incident.marks;
    expect(breachedAt).toBeGreaterThan(begunAt);
    expect((detectedAt ?? 0) - (breachedAt ?? 0)).toBeGreaterThanOrEqual(3_000);
    expect((verifiedAt ?? 0) - (breachedAt ?? 0)).toBeLessThan(120_000);
  },
);
