import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { systemClock } from '../../src/app/clock.ts';
import { connectTcp, type TcpAnswer } from '../../src/clients/tcp.ts';
import { RollbackError } from '../../src/domain/errors.ts';
import type { Check } from '../../src/domain/playbook.ts';
import type { Clock } from '../../src/domain/ports/clock.ts';
import type { Source } from '../../src/domain/ports/source.ts';
import type { PhaseResult } from '../../src/domain/ports/verifier.ts';
import type { Reading } from '../../src/domain/reading.ts';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import type { RunCommand } from '../../src/verify/ask.ts';
import { verifier } from '../../src/verify/verifier.ts';
import { listening, nobody } from '../clients/loopback.ts';
import { shop } from '../decide/fixtures.ts';
import { SimulatedClock } from '../fakes/clock.ts';
import { few, phase, probe, unknown, value } from './fixtures.ts';

type Answer = (try_: number, at: number) => Reading | Promise<Reading> | undefined;

/** A source that answers by what each of its options says, and keeps a log of what it was asked. */
class FakeSource implements Source<{ readonly ask: string }> {
  readonly kind = 'fake';
  readonly options = z.object({ ask: z.string() });
  readonly seesDeploys = false;
  readonly log: string[] = [];
  readonly #answers: Readonly<Record<string, Answer>>;
  readonly #clock: SimulatedClock;

  constructor(clock: SimulatedClock, answers: Readonly<Record<string, Answer>>) {
    this.#clock = clock;
    this.#answers = answers;
  }

  signal = (): 'value' => 'value';
  unit = (): 'ratio' => 'ratio';
  windowMs = (): number => 0;
  identity = (): string => 'fake';

  async read({ ask }: { readonly ask: string }): Promise<ReadonlyMap<string, Reading>> {
    this.log.push(ask);
    const tries = this.log.filter((asked) => asked === ask).length;
    const reading = await this.#answers[ask]?.(tries, this.#clock.now());
    return new Map(reading === undefined ? [] : [['shop', reading]]);
  }
}

const passes = (ask: string): Check => ({
  name: ask,
  source: { kind: 'fake', options: { ask } },
  expect: 'passes',
});
const below = (ask: string): Check => ({
  name: ask,
  source: { kind: 'fake', options: { ask } },
  expect: few,
});

function verifying(
  answers: Readonly<Record<string, Answer>>,
  means: { run?: RunCommand; connect?: () => Promise<TcpAnswer> } = {},
) {
  const clock = new SimulatedClock();
  const source = new FakeSource(clock, answers);
  const verify = verifier({
    clock,
    sources: { fake: source },
    connect: means.connect ?? (async () => ({ answer: 'unknown', detail: 'not used' })),
    run: means.run ?? (async () => ({ exitCode: 0, output: '' })),
  });
  const stop = new AbortController();
  return {
    clock,
    log: source.log,
    stop: () => stop.abort(),
    run: (checks: readonly Check[], withinMs = MINUTE): Promise<PhaseResult> =>
      verify.run(
        phase(checks, withinMs),
        { target: shop, from: null, to: null },
        clock.now() + withinMs,
        stop.signal,
      ),
    /** Runs the phase for as long as it may take. */
    async runAll(checks: readonly Check[], withinMs = MINUTE): Promise<PhaseResult> {
      const running = this.run(checks, withinMs);
      await clock.advance(withinMs);
      return running;
    },
  };
}

test('checks are asked in order, and all passing passes the phase at once', async () => {
  const v = verifying({ health: (_, at) => probe(at, true), errors: (_, at) => value(at, 0.01) });
  expect(await v.run([passes('health'), below('errors')])).toEqual({
    phase: 'infrastructure',
    passed: true,
    inconclusive: false,
    checks: [
      { check: 'health', passed: true, detail: 'answered 200', tries: 1 },
      { check: 'errors', passed: true, detail: '1% of requests', tries: 1 },
    ],
  });
  expect(v.log).toEqual(['health', 'errors']);
});

test('what does not pass is asked again every second, what passed is not', async () => {
  const v = verifying({ health: (tries, at) => probe(at, tries >= 4), errors: (_, at) => value(at, 0) });
  const running = v.run([passes('health'), below('errors')]);
  const begun = v.clock.now();
  await v.clock.advance(3 * SECOND);
  expect(await running).toMatchObject({ passed: true, checks: [{ tries: 4 }, { tries: 1 }] });
  expect(v.clock.now() - begun).toBe(3 * SECOND);
  expect(v.log).toEqual(['health', 'errors', 'health', 'health', 'health']);
});

test('what still fails at the deadline fails the phase, and says what was seen', async () => {
  const v = verifying({ health: (_, at) => probe(at, true), errors: (_, at) => value(at, 0.3) });
  expect(await v.runAll([passes('health'), below('errors')], 10 * SECOND)).toEqual({
    phase: 'infrastructure',
    passed: false,
    inconclusive: false,
    checks: [
      { check: 'health', passed: true, detail: 'answered 200', tries: 1 },
      { check: 'errors', passed: false, detail: '30% of requests, not below 5%', tries: 10 },
    ],
  });
});

test('what could not be seen is not passed, and leaves the phase inconclusive', async () => {
  const v = verifying({ health: (_, at) => probe(at, true), errors: (_, at) => unknown(at) });
  expect(await v.runAll([passes('health'), below('errors')])).toMatchObject({
    passed: false,
    inconclusive: true,
    checks: [{ passed: true }, { passed: false, detail: 'no series' }],
  });
});

test('what was seen to fail and then not seen at all has failed', async () => {
  const v = verifying({ health: (tries, at) => (tries === 1 ? probe(at, false) : unknown(at, 'error')) });
  expect(await v.runAll([passes('health')])).toMatchObject({
    passed: false,
    inconclusive: false,
    checks: [{ detail: 'answered 500' }],
  });
});

test('a reading that is missing is unknown', async () => {
  const v = verifying({});
  expect(await v.runAll([passes('health')])).toMatchObject({
    inconclusive: true,
    checks: [{ detail: 'fake has no data for shop' }],
  });
});

test('what does not apply here neither passes nor stands in the way', async () => {
  const v = verifying({
    memory: (_, at) => ({
      kind: 'unknown',
      at,
      why: 'never_seen',
      detail: 'container shop has no memory limit',
    }),
    health: (_, at) => probe(at, true),
  });
  expect(await v.run([below('memory'), passes('health')])).toMatchObject({
    passed: true,
    checks: [{ detail: 'does not apply: container shop has no memory limit' }, { passed: true }],
  });
  expect(await v.run([below('memory')])).toMatchObject({ passed: false, inconclusive: true });
});

test('a source that never answers does not hold up the verdict', async () => {
  const v = verifying({ health: () => new Promise<Reading>(() => {}), errors: (_, at) => value(at, 0) });
  expect(await v.runAll([passes('health'), below('errors')])).toMatchObject({
    passed: false,
    inconclusive: true,
    checks: [
      { detail: 'had not answered when time was over', tries: 1 },
      { detail: 'was not asked in time', tries: 0 },
    ],
  });
});

test('a phase whose time went by while the daemon was down still gets a look', async () => {
  const v = verifying({ health: (_, at) => probe(at, true) });
  const late = verifier({
    clock: v.clock,
    sources: { fake: new FakeSource(v.clock, { health: (_, at) => probe(at, true) }) },
    connect: async () => ({ answer: 'unknown', detail: '' }),
    run: async () => ({ exitCode: 0, output: '' }),
  });
  const scope = { target: shop, from: null, to: null };
  const result = await late.run(
    phase([passes('health')]),
    scope,
    v.clock.now() - MINUTE,
    new AbortController().signal,
  );
  expect(result.passed).toBe(true);
});

test('a stop ends it at once, without a verdict', async () => {
  const v = verifying({ health: (_, at) => probe(at, false) });
  const running = v.run([passes('health')]);
  v.stop();
  expect((await running).passed).toBe(false);
});

test('templates are filled in, also in the name of a check', async () => {
  const v = verifying({ 'is shop well': (_, at) => probe(at, true) });
  const result = await v.run([passes('is ${target.name} well')]);
  expect(result).toMatchObject({ passed: true, checks: [{ check: 'is shop well' }] });
});

test('a template without a value here cannot be asked', async () => {
  const v = verifying({});
  expect(await v.runAll([passes('${target.address}/health')])).toMatchObject({
    inconclusive: true,
    checks: [{ detail: '${target.address} has no value here' }],
  });
});

// Commands

const smoke: Check = {
  name: 'smoke',
  command: { run: ['/usr/bin/smoke', '--to', '${target.name}'], timeoutMs: 5 * SECOND },
};

test('a command passes with exit code 0', async () => {
  const ran: string[] = [];
  const run: RunCommand = async (argv, timeoutMs) => {
    ran.push(`${argv.join(' ')} within ${timeoutMs}`);
    return { exitCode: 0, output: 'fine\n' };
  };
  expect(await verifying({}, { run }).run([smoke])).toMatchObject({
    passed: true,
    checks: [{ detail: 'exit code 0' }],
  });
  expect(ran).toEqual(['/usr/bin/smoke --to shop within 5000']);
});

test.each<[string, RunCommand, boolean, string]>([
  [
    'with an exit code',
    async () => ({ exitCode: 3, output: 'a\nlogin refused\n' }),
    false,
    'exit code 3: login refused',
  ],
  ['by a signal', async () => ({ exitCode: null, output: '' }), false, 'ended by a signal'],
  [
    'at its deadline',
    async () => {
      throw new RollbackError('TIMED_OUT', 'smoke did not end within 5s');
    },
    false,
    'smoke did not end within 5s',
  ],
  [
    'without having started',
    async () => {
      throw new RollbackError('NOT_FOUND', 'there is no program /usr/bin/smoke');
    },
    true,
    'there is no program /usr/bin/smoke',
  ],
])('a command that ended %s does not pass', async (_, run, inconclusive, detail) => {
  expect(await verifying({}, { run }).runAll([smoke])).toMatchObject({
    passed: false,
    inconclusive,
    checks: [{ passed: false, detail }],
  });
});

// TCP, on the loopback

const clock = systemClock();

test('a port that accepts connections passes', async () => {
  const port = await listening(createServer((socket) => socket.destroy()));
  const check: Check = { name: 'tcp', tcp: { host: '127.0.0.1', port, timeoutMs: 2 * SECOND } };
  const v = verifier({
    clock,
    sources: {},
    connect: (address, signal) => connectTcp(address, clock, signal),
    run: async () => ({ exitCode: 0, output: '' }),
  });
  const scope = { target: shop, from: null, to: null };
  const result = await v.run(phase([check]), scope, clock.now() + MINUTE, new AbortController().signal);
  expect(result).toMatchObject({
    passed: true,
    checks: [{ detail: `127.0.0.1:${port} accepts connections` }],
  });
});

test('a port that nobody listens on is refused', async () => {
  const port = await listening(createServer((socket) => socket.destroy()));
  const other = Number(new URL(await nobody()).port);
  expect(other).not.toBe(port);
  const address = { host: '127.0.0.1', port: other, timeoutMs: 2 * SECOND };
  expect(await connectTcp(address, clock, new AbortController().signal)).toEqual({
    answer: 'refused',
    detail: `127.0.0.1:${other} does not accept connections: ECONNREFUSED`,
  });
});

test('a name that does not resolve is our trouble, not the peer’s', async () => {
  const address = { host: 'no-such-host.invalid', port: 80, timeoutMs: 20 * SECOND };
  const answer = await connectTcp(address, clock, new AbortController().signal);
  expect(answer.answer).toBe('unknown');
  expect(answer.detail).toMatch(/^no-such-host\.invalid:80 could not be asked: E/);
});

test('a peer that does not answer in time is refused', async () => {
  const port = await listening(createServer((socket) => socket.destroy()));
  // Time is over before the connection can be made.
  const hasty: Clock = {
    ...clock,
    after: (_, call) => {
      queueMicrotask(call);
      return () => {};
    },
  };
  const address = { host: '127.0.0.1', port, timeoutMs: 2 * SECOND };
  expect(await connectTcp(address, hasty, new AbortController().signal)).toEqual({
    answer: 'refused',
    detail: `127.0.0.1:${port} did not answer within 2s`,
  });
});

test('nothing is asked once it is over', async () => {
  const address = { host: '127.0.0.1', port: 1, timeoutMs: SECOND };
  expect(await connectTcp(address, clock, AbortSignal.abort())).toEqual({
    answer: 'unknown',
    detail: '127.0.0.1:1 was not asked in time',
  });
});
