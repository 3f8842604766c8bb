import { afterAll, beforeAll, expect, test } from 'vitest';
import { hurriedLayra, type Pack } from './pack.ts';
import { Production, type Shop } from './production.ts';
import { ScriptedPrometheus, type Mood } from './scripted-prometheus.ts';

let production: Production;

beforeAll(async () => {
  production = await Production.open();
});
afterAll(() => production.close());

/** The share of errors must stay high for as long as a source may be unknown before people are told. */
function patient(): Pack {
  const pack = hurriedLayra();
  const { critical, high, medium } = pack.rules['api-error-rate']?.levels ?? {};
  for (const level of [critical, high, medium]) if (level !== undefined) level.for = '6s';
  return pack;
}

/** How many queries one reading of every rule takes. */
function questionsOf({ rules }: Pack): number {
  const asks = Object.values(rules).map(({ prometheus }) => prometheus);
  return asks.reduce((sum, ask) => sum + (ask === undefined ? 0 : ask.ratio === undefined ? 1 : 2), 0);
}

const blindSoon = { blind_after: '5s' };

async function startOf({ name }: Shop): Promise<string> {
  return production.docker.cli('inspect', '--format', '{{.Id}} {{.State.StartedAt}}', name);
}

async function verdictOf(shop: Shop): Promise<string | undefined> {
  const { rules } = await shop.daemon.target(shop.name);
  return rules.find(({ rule }) => rule === 'layra/api-error-rate')?.verdict;
}

/** A breach has begun and has not fired. */
async function untilPending(shop: Shop): Promise<void> {
  await shop.daemon.until('the breach is pending', async () => {
    const { rules } = await shop.daemon.target(shop.name);
    const rule = rules.find(({ rule: id }) => id === 'layra/api-error-rate');
    return rule?.levels.find(({ severity }) => severity === 'critical')?.phase === 'pending';
  });
}

test.concurrent(
  'a Prometheus that dies in the middle of a breach ends in no rollback until it is back',
  async () => {
    await using shop = await production.openShop('killed', {
      pack: patient(),
      more: blindSoon,
    });
    await shop.build(2, 'errors');
    await shop.watchUntilGood();
    await shop.service.deploy(shop.image(2));
    await untilPending(shop);
    await production.prometheus.kill();

    const blind = await shop.daemon.until('people are told that Prometheus cannot be seen', async () => {
      const incidents = await shop.daemon.incidents('source:prometheus');
      return incidents.length > 0 && incidents;
    });
    const before = await startOf(shop);
    expect(blind).toMatchObject([{ severity: 'medium', state: 'investigating', rule: 'builtin/blind' }]);
    expect((await shop.daemon.status()).blind).toEqual(['prometheus']);
    expect(await shop.daemon.metric('rollbackd_blind_sources')).toBe(1);
    // As long as the breach would have needed, over again.
    await shop.daemon.until('six more evaluations saw nothing', async () => {
      const unknown = `rollbackd_verdicts_total{rule="layra/api-error-rate",target="${shop.name}",verdict="error"}`;
      return ((await shop.daemon.metric(unknown)) ?? 0) >= 9;
    });
    expect(await shop.daemon.incidents()).toEqual(blind);
    expect(await startOf(shop)).toBe(before);

    await production.prometheus.revive();
    const closed = await shop.untilIncident('closed');
    expect(closed).toMatchObject({ outcome: 'rolled_back', rule: 'layra/api-error-rate' });
    expect(await shop.daemon.incidents('source:prometheus')).toMatchObject([
      { state: 'closed', outcome: 'recovered' },
    ]);
  },
);

test.concurrent(
  'whatever a Prometheus says that is no answer, nothing is rolled back, and it is told once',
  async () => {
    const moods: readonly Mood[] = [
      '500',
      'slow',
      'NaN',
      'empty',
      'warnings',
      'wrong type',
      '50 MB',
      'cut off',
    ];
    const name = production.docker.name('moods');
    using prometheus = await ScriptedPrometheus.start(name);
    await using shop = await production.openShop('moods', {
      pack: patient(),
      more: { ...blindSoon, prometheus: { url: prometheus.url, timeout: '500ms' } },
    });
    await shop.watchUntilGood();
    const before = await startOf(shop);
    prometheus.mood = 'errors';
    await untilPending(shop);

    for (const mood of moods) {
      prometheus.mood = mood;
      await shop.daemon.until(`every rule was read while the answer was: ${mood}`, async () => {
        expect(await verdictOf(shop)).not.toBe('ok');
        return (prometheus.asked[mood] ?? 0) >= 2 * questionsOf(patient());
      });
      expect(await verdictOf(shop), mood).toMatch(/^(error|no_data)$/);
    }
    const incidents = await shop.daemon.incidents();
    expect(incidents.map(({ target, severity }) => `${target} ${severity}`)).toEqual([
      'source:prometheus medium',
    ]);
    expect(await startOf(shop)).toBe(before);

    prometheus.mood = 'well';
    await shop.daemon.until('it is seen again', async () => {
      const [blind] = await shop.daemon.incidents('source:prometheus');
      return blind?.outcome === 'recovered';
    });
    expect(await shop.daemon.incidents()).toHaveLength(1);
    expect(await startOf(shop)).toBe(before);
  },
);

test.concurrent('an engine that cannot be reached is told once, and taken for no change', async () => {
  await using shop = await production.openShop('nowhere', {
    more: { ...blindSoon, docker: { socket: '/nowhere/docker.sock' } },
  });
  const daemon = await shop.watch();
  const [blind] = await daemon.until('people are told', async () => {
    const incidents = await daemon.incidents();
    return incidents.length > 0 && incidents;
  });
  expect(blind).toMatchObject({ target: 'source:docker', severity: 'medium', state: 'investigating' });
  expect(await daemon.incidents()).toHaveLength(1);
  expect(daemon.said('release.')).toEqual([
    expect.stringMatching(
      /^the container of nowhere-\w+ cannot be looked at, so no release of it is learnt: docker at unix:\/\/\/nowhere\/docker\.sock/,
    ),
  ]);
  const { blind: unseen } = await daemon.status();
  expect(unseen).toContain('docker');
  expect(unseen.join('\n')).toMatch(/^container of nowhere-\w+: docker at unix:\/\/\/nowhere\/docker\.sock/m);
});
