import { expect, test } from 'vitest';
import type { DaemonApi } from '../../../src/clients/api/api-client.ts';
import { painter } from '../../../src/cli/paint.ts';
import { watchLive } from '../../../src/cli/watch/live.ts';
import type { Terminal } from '../../../src/cli/watch/terminal.ts';
import { RollbackError } from '../../../src/domain/errors.ts';
import type { Command } from '../../../src/domain/command.ts';
import type { StatusView } from '../../../src/domain/ports/daemon.ts';
import type { Entry } from '../../../src/domain/ports/store.ts';
import { SECOND } from '../../../src/domain/time.ts';
import { SimulatedClock, start } from '../../fakes/clock.ts';
import { anEntry } from '../../fakes/daemon-views.ts';
import { asking, status } from './world.ts';

/** A terminal that knows what it shows, as far as `watch` writes. */
class Screen implements Terminal {
  columns = 80;
  rows = 24;
  taken = 0;
  left = 0;
  lines: string[] = [];
  type: (sent: string) => void = () => {};
  redraw: () => void = () => {};
  gone: () => void = () => {};

  size() {
    return { columns: this.columns, rows: this.rows };
  }

  write(text: string): void {
    if (text.includes('\u001b[2J')) this.lines = [];
    for (const [, row, line] of text.matchAll(/\u001b\[(\d+);1H(.*?)\u001b\[0m\u001b\[K/g))
      this.lines[Number(row) - 1] = line ?? '';
  }

  take({ keys, redraw, gone }: Parameters<Terminal['take']>[0]): () => void {
    this.taken += 1;
    [this.type, this.redraw, this.gone] = [keys, redraw, gone];
    return () => {
      this.left += 1;
    };
  }
}

/** A daemon at the other end of a line that can be cut. */
class Line {
  readonly log: string[] = [];
  statusView: StatusView = status;
  cut: RollbackError | null = null;
  hangs = false;
  entries: Entry[] = [];

  api(): DaemonApi {
    const answer = async <T>(said: string, value: () => T): Promise<T> => {
      this.log.push(said);
      if (this.hangs) return new Promise<T>(() => {});
      if (this.cut !== null) throw this.cut;
      return value();
    };
    const { entries } = this;
    return {
      status: () => answer('status', () => this.statusView),
      incident: (id: string) => answer(`incident ${id}`, () => (id === asking.id ? asking : null)),
      execute: (command: Command) =>
        answer(`${command.do} ${JSON.stringify(command)}`, () => ({
          accepted: true,
          message: 'approved by alice',
          incident: asking.id,
        })),
      follow: async function* (_: unknown, until: AbortSignal) {
        yield* entries;
        await new Promise<void>((resolve) =>
          until.addEventListener('abort', () => resolve(), { once: true }),
        );
      },
    } as Partial<DaemonApi> as DaemonApi;
  }
}

async function watching(line = new Line()) {
  const clock = new SimulatedClock(start, 1);
  const screen = new Screen();
  const quit = new AbortController();
  const ended = watchLive({
    api: line.api(),
    clock,
    terminal: screen,
    paint: painter(false),
    quit,
  });
  ended.catch(() => {});
  await clock.advance(0);
  return {
    line,
    screen,
    clock,
    ended,
    end: () => quit.abort(),
    [Symbol.asyncDispose]: async () => {
      quit.abort();
      await clock.advance(SECOND);
      await ended.catch(() => {});
    },
  };
}

test('the screen is taken, kept true each second, and given back when somebody quits', async () => {
  await using w = await watching();
  expect(w.screen.lines[0]).toContain('12:00:00');
  w.line.statusView = { ...status, halted: 'halted by alice: enough', now: start + SECOND };
  await w.clock.advance(1_100);

  expect(w.screen.lines[1]).toContain('HALTED  by alice: enough');
  w.screen.type('q');
  await w.clock.advance(SECOND);
  await w.ended;
  expect([w.screen.taken, w.screen.left]).toEqual([1, 1]);
});

test('an approval goes out when it was confirmed, and its answer is shown', async () => {
  await using w = await watching();
  w.screen.type('a');
  w.screen.type('y');
  expect(w.screen.lines.join('\n')).toContain('type y and press enter');
  w.screen.type('\r');
  await w.clock.advance(100);

  expect(w.line.log).toContain(
    'approve {"do":"approve","incident":"i-8a2b1c","planDigest":"9f8e7d6c5b4a3210","note":"from rollbackd watch"}',
  );
  expect(w.screen.lines.join('\n')).toContain('approved by alice');
});

test('what was pasted answers nothing', async () => {
  await using w = await watching();
  w.screen.type('\u001b[200~ay\r\u001b[201~');
  await w.clock.advance(100);

  expect(w.line.log.filter((said) => said.startsWith('approve'))).toEqual([]);
});

test('a lost connection is said, tried again with growing pauses, and found again', async () => {
  await using w = await watching();
  w.line.cut = new RollbackError('DAEMON_UNREACHABLE', 'no daemon answers');
  await w.clock.advance(1_100);
  expect(w.screen.lines[1]).toMatch(/ LOST {2}since 12:00:01, tries again in \ds: no daemon answers/);
  const before = w.line.log.length;
  await w.clock.advance(60 * SECOND);
  expect(w.line.log.length - before).toBeLessThan(11);

  w.line.cut = null;
  await w.clock.advance(10 * SECOND);
  expect(w.screen.lines.join('\n')).not.toContain('LOST');
});

test('a daemon that does not answer is a lost connection after 5 s', async () => {
  await using w = await watching();
  w.line.hangs = true;
  await w.clock.advance(4 * SECOND);
  expect(w.screen.lines.join('\n')).not.toContain('LOST');
  await w.clock.advance(3 * SECOND);

  expect(w.screen.lines[1]).toContain('the daemon did not answer within 5s');
});

test('another size is drawn anew', async () => {
  await using w = await watching();
  w.screen.columns = 40;
  w.screen.rows = 10;
  w.screen.redraw();

  expect(w.screen.lines).toHaveLength(10);
  expect(w.screen.lines[1]).toBe('INCIDENTS');
});

test('entries are shown as they are journaled, and cannot control the terminal', async () => {
  const line = new Line();
  line.entries = [anEntry({ seq: 90, message: 'evil \u001b[2J\u202e name' })];
  await using w = await watching(line);
  await w.clock.advance(SECOND);

  expect(w.screen.lines.join('\n')).toContain('evil \u{fffd}[2J\u{fffd} name');
});

test.each(['gone', 'signal'] as const)('the screen is given back when it ends by: %s', async (way) => {
  await using w = await watching();
  if (way === 'gone') w.screen.gone();
  else w.end();
  await w.clock.advance(SECOND);
  await w.ended;

  expect(w.screen.left).toBe(1);
});

test('a fault gives the screen back, too', async () => {
  await using w = await watching();
  w.screen.size = () => {
    throw new Error('a fault of ours');
  };
  await w.clock.advance(SECOND);

  await expect(w.ended).rejects.toThrow('a fault of ours');
  expect(w.screen.left).toBe(1);
});

test('so does a fault while somebody types', async () => {
  await using w = await watching();
  const { size } = w.screen;
  w.screen.size = () => {
    throw new Error('a fault of ours');
  };
  w.screen.type('j');
  w.screen.size = size;
  await w.clock.advance(SECOND);

  await expect(w.ended).rejects.toThrow('a fault of ours');
  expect(w.screen.left).toBe(1);
});

test('where no daemon answers at all, the screen is never taken', async () => {
  const line = new Line();
  line.cut = new RollbackError('DAEMON_UNREACHABLE', 'no daemon answers');
  await using w = await watching(line);

  await expect(w.ended).rejects.toThrow('no daemon answers');
  expect(w.screen.taken).toBe(0);
});
