import type { Step } from '../src/domain/plan.ts';
import type { Release } from '../src/domain/release.ts';
import { composeRollbackDriver } from '../src/rollback/drivers/compose-rollback.ts';
import { openStackShop, type StackShop } from '../test/docker/stack-shop.ts';
import { forever, stepOf } from '../test/docker/workshop.ts';
import { whyNoDocker } from '../test/support/dockerd.ts';
import type { BenchContext, Benchmark } from './benchmark.ts';
import { measured, type Measure } from './samples.ts';

const services = 10;

/**
 * A Compose project rolled back, and in turns with it the same done by `docker compose up -d` of the older files. How long
 * services take to come up is their own affair: no health checks, and none waits.
 */
export const stack: Benchmark = {
  name: 'stack',
  summary: `a Compose project of ${services} services rolled back, beside docker compose up -d of the older files`,
  missing: whyNoDocker,
  async run(context) {
    const shop = await openStackShop();
    try {
      return await compare(shop, context);
    } finally {
      await shop.close();
    }
  },
};

async function compare(
  shop: StackShop,
  { quick, progress, signal }: BenchContext,
): Promise<readonly Measure[]> {
  const good = await shop.deploy(files('1'));
  const own: number[] = [];
  const native: number[] = [];
  for (let round = 0; round < (quick ? 2 : 6) && !signal.aborted; round++) {
    const bad = await shop.deploy(files('2'));
    const rolledMs = await rollBack(shop, { from: bad, to: good });
    await shop.deploy(files('2'));
    await shop.write(files('1'));
    const begun = performance.now();
    await shop.person('up', '--detach', '--remove-orphans', '--timeout', '1');
    const bareMs = performance.now() - begun;
    progress(
      `round ${round}: rolled back in ${Math.round(rolledMs)} ms, docker compose up -d ${Math.round(bareMs)} ms`,
    );
    // The first pair warms both ways.
    if (round === 0) continue;
    own.push(rolledMs);
    native.push(bareMs);
  }
  const ratios = own.map((ms, round) => ms / (native[round] ?? Number.NaN));
  const facts = { services };
  return [
    measured({ measure: 'docker compose up -d', unit: 'ms' }, native, { facts }),
    measured({ measure: 'compose.rollback, read and applied', unit: 'ms' }, own, { facts }),
    measured({ measure: 'compose.rollback over docker compose up -d', unit: 'ratio' }, ratios, {
      target: { of: 'median', atMost: 1.2 },
      facts,
    }),
  ];
}

async function rollBack(
  shop: StackShop,
  releases: { readonly from: Release; readonly to: Release },
): Promise<number> {
  const driver = composeRollbackDriver(shop.stackParts);
  const options = { stop_grace: '1s', healthy_within: '30s', steady_for: '0s' };
  const step: Step = stepOf(driver, shop.target, { ...releases, options });
  const begun = performance.now();
  const facts = await driver.read(step, forever);
  const findings = await driver.preflight(step, facts, forever);
  const outcome = await driver.apply(step, `i-bench0/${'0'.repeat(16)}/1/${begun}`, forever);
  const tookMs = performance.now() - begun;
  if (outcome.ended === 'failed' || findings.some(({ level }) => level === 'refuse'))
    throw new Error(`the stack was not rolled back: ${outcome.detail} ${JSON.stringify(findings)}`);
  return tookMs;
}

/**
 * Ten services that end at once when they are told to; all of them differ from release to release. Two networks: the
 * engine that they run on has few addresses in each, and those that are started first need some more.
 */
function files(version: string): Readonly<Record<string, string>> {
  const service = (number: number): string =>
    `  service-${number}: { image: "stack-shop:${version}", init: true, environment: { RELEASE: "${version}" }, networks: [net-${number % 2}] }`;
  const all = Array.from({ length: services }, (_, number) => service(number));
  return {
    'docker-compose.yml': `services:\n${all.join('\n')}\nnetworks: { net-0: {}, net-1: {} }\n`,
    '.env': 'UNUSED=1\n',
  };
}
