import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadPack } from '../../../src/app/rehearsal/pack.ts';
import { openRehearsal, type Rehearsal } from '../../../src/app/rehearsal/rehearsal.ts';
import { quietScript, type Script } from '../../../src/app/rehearsal/script.ts';
import { systemClock } from '../../../src/app/clock.ts';
import type { Configuration } from '../../../src/domain/configuration.ts';
import type { Reading } from '../../../src/domain/reading.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../src/domain/time.ts';
import { start } from '../../fakes/clock.ts';

const folder = join(mkdtempSync(join(tmpdir(), 'rollbackd-rehearsal-')), 'shop');
mkdirSync(folder);
writeFileSync(
  join(folder, 'rules.yaml'),
  JSON.stringify({
    rules: {
      memory: { every: '10s', docker: 'memory', levels: { critical: { above: '95%', for: '1m' } } },
      health: {
        every: '10s',
        http: { url: '${target.address}/health' },
        levels: { high: { failures: 3 } },
      },
    },
  }),
);
afterAll(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

const configuration = await configured();
const at = (ms: number): number => start + ms;
const alice = { name: 'alice', role: 'approver' } as const;
const proven: Script['releases'] = {
  shop: [
    { release: 'v1', standing: 'good', since: start - DAY },
    { release: 'v2', standing: 'unproven', since: start - 5 * MINUTE },
  ],
};

/** Memory of a target: 97 % while v2 runs from `from` on, else a half. */
function leaking(from: number, rehearsal: () => Rehearsal): Script['read'] {
  return ({ name }, subject, now) => {
    if (name === 'health') return { kind: 'probe', at: now, passed: true, detail: 'answers' };
    const leaks = now >= from && rehearsal().release(subject) === 'v2';
    return memory(now, leaks ? 0.97 : 0.5);
  };
}

function memory(now: number, value: number): Reading {
  return { kind: 'value', at: now, value, detail: `${Math.round(value * 100)}%` };
}

describe('a rehearsal', () => {
  test('rolls back what breaks, verifies it, and journals it as the daemon would', async () => {
    await using rehearsal = await rehearse({ releases: proven }, at(MINUTE));
    await rehearsal.advanceTo(at(10 * MINUTE));

    expect(rehearsal.release('shop')).toBe('v1');
    expect((await rehearsal.incidents()).map(({ state, outcome }) => [state, outcome])).toEqual([
      ['closed', 'rolled_back'],
    ]);
    expect(types(rehearsal)).toEqual([
      'daemon.started',
      'incident.opened',
      'decided',
      'plan.built',
      'budget.charged',
      'rollback.begun',
      'effect.intent',
      'effect.started',
      'release.changed',
      'effect.done',
      'rollback.settling',
      'rollback.confirming',
      'level.recovered',
      'rollback.ended',
      'release.bad',
      'incident.closed',
    ]);
  });

  test('decides at the very reading that completes the level', async () => {
    await using rehearsal = await rehearse({ releases: proven }, at(MINUTE));
    await rehearsal.advanceTo(at(2 * MINUTE) - 1);
    expect(types(rehearsal)).not.toContain('decided');

    await rehearsal.advanceTo(at(2 * MINUTE));
    expect(types(rehearsal)).toContain('decided');
  });

  test('asks the people of the script', async () => {
    const failing: Script['read'] = (rule, _subject, now) =>
      rule.name === 'health' ? { kind: 'probe', at: now, passed: false, detail: 'refused' } : null;
    await using rehearsal = await openRehearsal({
      configuration,
      answerer: null,
      from: start,
      script: {
        ...quietScript,
        trusted: true,
        releases: proven,
        read: failing,
        answers: [{ at: at(5 * MINUTE), target: 'shop', answer: 'approve', by: alice }],
      },
    });
    await rehearsal.advanceTo(at(4 * MINUTE));
    expect((await rehearsal.incidents())[0]?.state).toBe('asking');

    await rehearsal.advanceTo(at(6 * MINUTE));
    expect(rehearsal.release('shop')).toBe('v1');
  });

  test('leaves a rule that breaches from the first reading on unarmed, unless it is trusted', async () => {
    for (const trusted of [false, true]) {
      await using rehearsal = await rehearse({ releases: proven, trusted }, start);
      await rehearsal.advanceTo(at(5 * MINUTE));
      expect(types(rehearsal).includes('rule.unarmed')).toBe(!trusted);
      expect((await rehearsal.incidents()).length).toBe(trusted ? 1 : 0);
    }
  });

  test('lets a step fail that the script says fails', async () => {
    const fails = { steps: new Set(['link.rollback']), checks: new Set<string>() };
    await using rehearsal = await rehearse({ releases: proven, fails }, at(MINUTE));
    await rehearsal.advanceTo(at(10 * MINUTE));

    expect((await rehearsal.incidents())[0]?.outcome).toBe('handed_over');
    expect(rehearsal.release('shop')).toBe('v2');
  });

  test('is the same each time', async () => {
    const journals = [];
    for (let run = 0; run < 2; run++) {
      await using rehearsal = await rehearse({ releases: proven }, at(MINUTE));
      await rehearsal.advanceTo(at(10 * MINUTE));
      journals.push(rehearsal.entries);
    }
    expect(journals[0]).toEqual(journals[1]);
  });
});

describe('a fed rehearsal', () => {
  test('comes to the same decisions as one that reads by itself', async () => {
    await using read = await rehearse({ releases: proven }, at(MINUTE));
    await read.advanceTo(at(20 * MINUTE));
    await using fed = await feed({ from: at(MINUTE), minutes: 20 });

    const decided = (rehearsal: Rehearsal) =>
      rehearsal.entries.filter(({ type }) => /^(decided|incident|rollback|effect|level|phase)\b/.test(type));
    expect(decided(fed).map(({ at: when, type }) => [when, type])).toEqual(
      decided(read).map(({ at: when, type }) => [when, type]),
    );
    expect(fed.release('shop')).toBe('v1');
  });

  test('passes over quiet weeks without a promise', async () => {
    let awaited = 0;
    await using rehearsal = await feed({
      from: Infinity,
      minutes: 7 * 24 * 60,
      everyMs: MINUTE,
      script: { releases: { shop: (proven['shop'] ?? []).slice(0, 1) } },
      on: () => (awaited += 1),
    });

    expect(rehearsal.clock.now()).toBe(at(7 * DAY - MINUTE));
    expect(awaited).toBeLessThan(10);
    expect(await rehearsal.incidents()).toEqual([]);
  });

  test('lets a release that arrives bake', async () => {
    await using rehearsal = await feed({
      from: Infinity,
      minutes: 120,
      script: { deploys: [{ at: at(HOUR), target: 'shop', release: 'v3' }] },
    });

    expect(
      rehearsal.entries.filter(({ type }) => type.startsWith('release.')).map(({ message }) => message),
    ).toEqual([
      expect.stringMatching(/^shop: v2 .* is good: baked 10m$/),
      expect.stringMatching(/^shop: v3 .* arrived, after v2/),
      expect.stringMatching(/^shop: v3 .* is good: baked 10m$/),
    ]);
  });
});

async function configured(): Promise<Configuration> {
  const loaded = await loadPack({
    folder,
    targets: { shop: {} },
    mode: 'auto',
    clock: systemClock(),
    environment: {},
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.configuration;
}

async function rehearse(script: Partial<Script>, from: number): Promise<Rehearsal> {
  let running: Rehearsal | null = null;
  const read = leaking(from, () => running ?? { ...({} as Rehearsal), release: () => 'v2' });
  running = await openRehearsal({
    configuration,
    answerer: null,
    from: start,
    script: { ...quietScript, read, ...script },
  });
  return running;
}

async function feed(options: {
  readonly from: number;
  readonly minutes: number;
  readonly everyMs?: number;
  readonly script?: Partial<Script>;
  readonly on?: () => void;
}): Promise<Rehearsal> {
  const { from, minutes, everyMs = 10 * SECOND, script = {}, on } = options;
  const rehearsal = await openRehearsal({
    configuration,
    answerer: null,
    from: start,
    fed: true,
    script: { ...quietScript, releases: proven, ...script },
  });
  const read = leaking(from, () => rehearsal);
  for (let now = start; now < start + minutes * MINUTE; now += everyMs) {
    for (const rule of configuration.rules) {
      const wait = rehearsal.feed(
        rule,
        now,
        new Map([['shop', read(rule, 'shop', now, null) ?? memory(now, 0)]]),
      );
      if (wait === null) continue;
      on?.();
      await wait;
    }
  }
  return rehearsal;
}

function types({ entries }: Rehearsal): string[] {
  return entries.map(({ type }) => type);
}
