import { once } from 'node:events';
import { Readable } from 'node:stream';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { lend } from '../../src/clients/lent-memory.ts';
import { runPiped } from '../../src/clients/process/piped.ts';
import { never } from '../rollback/a-step.ts';

const fed = (script: string, input: Readable, signal = never, through: readonly string[] = []) =>
  runPiped(
    { run: ['/bin/sh', '-c', script], through, env: { PATH: '/usr/bin:/bin' }, input, deadlineMs: 10_000 },
    systemClock(),
    signal,
  );

/** More than a pipe holds; each piece has memory of its own. */
function* pieces(count = 60): Generator<Buffer> {
  for (let number = 0; number < count; number++) {
    const piece = Buffer.allocUnsafeSlow(64 * 1024).fill('abc\n');
    lend(piece);
    yield piece;
  }
}

/** What the process would die of, and vitest hears of otherwise. */
function uncaught(): readonly unknown[] {
  const errors: unknown[] = [];
  const hear = (error: unknown): number => errors.push(error);
  process.on('uncaughtException', hear);
  onTestFinished(() => void process.off('uncaughtException', hear));
  return errors;
}

describe('a program that ends before its input does is a result', () => {
  test.for([
    ['at once', 'exit 3'],
    ['while a piece is on its way', 'sleep 0.1; exit 3'],
    ['having read some of it', 'head -c 100000 >/dev/null; exit 3'],
    ['having closed it', 'exec 0<&-; sleep 0.1; exit 3'],
  ] as const)('%s', async ([, script]) => {
    const errors = uncaught();
    const input = Readable.from(pieces());

    expect(await fed(script, input)).toMatchObject({ exitCode: 3 });
    expect(input.destroyed).toBe(true);
    expect(errors).toEqual([]);
  });

  test('also where the input has nothing more to give', async () => {
    const input = new Readable({ read() {} });

    expect(await fed('exit 3', input)).toMatchObject({ exitCode: 3 });
    expect(input.destroyed).toBe(true);
  });
});

test('a program gets all of its input, and the memory of that is free afterwards', async () => {
  const all = [...pieces()];

  const { output } = await fed('sleep 0.1; wc -c', Readable.from(all));
  expect(output.trim()).toBe(String(60 * 64 * 1024));
  expect(all.every((piece) => piece.length === 0)).toBe(true);
});

test('what its input failed with is told, and nothing is left of the program', async () => {
  const input = Readable.from(
    (function* () {
      yield* pieces(3);
      throw new Error('the disk went');
    })(),
  );

  await expect(fed('cat >/dev/null; sleep 60', input)).rejects.toThrow('the disk went');
});

test('a program that reads nothing is ended with the signal, and so is its input', async () => {
  const cut = new AbortController();
  const input = Readable.from(pieces());
  const running = fed('sleep 60', input, cut.signal, ['/usr/bin/env']);
  await once(input, 'data');
  cut.abort();

  await expect(running).rejects.toThrow('sh was ended because it was interrupted');
  expect(input.destroyed).toBe(true);
});
