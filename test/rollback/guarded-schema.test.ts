import { expect, test } from 'vitest';
import type { Step } from '../../src/domain/plan.ts';
import { releaseId, schemaComponent, type Component, type Release } from '../../src/domain/release.ts';
import { schemaFindings } from '../../src/rollback/guarded-schema.ts';
import { aStep } from './a-step.ts';

const image = (version: number): Component => ({
  kind: 'image',
  value: `sha256:${version}`,
  label: `shop:${version}`,
});
const schema = (version: number): Component => schemaComponent('shop_db', String(version));

function aRelease(components: readonly Component[], more: Partial<Release> = {}): Release {
  return {
    id: releaseId(components),
    target: 'shop',
    components,
    standing: 'unproven',
    because: '',
    firstSeenAt: 1,
    servedAt: 1,
    goodAt: null,
    bakedMs: 0,
    barrier: null,
    sealed: null,
    ...more,
  };
}

const old = aRelease([image(1), schema(42)], { standing: 'good' });
const present = aRelease([image(2), schema(43)]);
const goBack = { step: stepOf('docker.rollback', {}, 1), goesBack: true };

function stepOf(kind: string, options: object, index: number): Step {
  return aStep(kind, options, { index });
}

function told(known: readonly Release[], ...before: readonly Step[]): string[] {
  const steps = [...before.map((step) => ({ step, goesBack: false })), goBack];
  const findings = schemaFindings({ from: present, to: old, releases: known }, steps);
  return findings.map(({ level, step, message }) => `${level} ${step}: ${message}`);
}

test('an image is not brought back to a schema that it did not run with', () => {
  expect(told([])).toEqual([
    `refuse 1: shop:1 + shop_db schema 42 (${old.id}) ran with schema 42 of shop_db, which has 43 now; put database.restore or database.revert of shop_db into the playbook, or tell that it runs with it: rollbackd release record shop with what it consists of and --schema shop_db=43`,
  ]);
});

test('unless the plan brings the schema of that very store back', () => {
  expect(told([], stepOf('database.restore', { store: 'shop_db' }, 0))).toEqual([]);
  expect(told([], stepOf('database.revert', { store: 'shop_db' }, 0))).toEqual([]);
  expect(told([], stepOf('database.restore', { store: 'other_db' }, 0))).toHaveLength(1);
});

test('or it is recorded to run with it, or has proven so here', () => {
  const recorded = aRelease([image(1), schema(43)], { servedAt: 0 });
  const proven = aRelease([image(1), schema(43)], { standing: 'good' });

  expect(told([recorded])).toEqual([
    `warn 1: shop:1 + shop_db schema 42 (${old.id}) ran with schema 42 of shop_db, which has 43 now; allowed, since shop:1 + shop_db schema 43 (${recorded.id}) is recorded`,
  ]);
  expect(told([proven])[0]).toMatch(/^warn 1: .* is known to be good$/);
});

test('what never was proven, was bad, or is about something else does not count', () => {
  const others = [
    aRelease([image(1), schema(43)]),
    aRelease([image(1), schema(43)], { servedAt: 0, standing: 'bad' }),
    aRelease([image(3), schema(43)], { servedAt: 0 }),
    aRelease([image(1), schema(44)], { servedAt: 0 }),
    aRelease([schema(43)], { servedAt: 0 }),
  ];

  expect(told(others)[0]).toMatch(/^refuse/);
});

test('the same schema, one that was never known, and a plan that goes nowhere are fine', () => {
  const steps = [goBack];
  const same = aRelease([image(1), schema(43)]);

  expect(schemaFindings({ from: present, to: same }, steps)).toEqual([]);
  expect(schemaFindings({ from: present, to: aRelease([image(1)]) }, steps)).toEqual([]);
  expect(schemaFindings({ from: present, to: null }, steps)).toEqual([]);
  expect(schemaFindings({ from: present, to: old }, [{ ...goBack, goesBack: false }])).toEqual([]);
});
