import { systemLog } from '../log.ts';
import type { IncidentRow, PhaseTime, RtoPhase } from '../../domain/ports/store.ts';
import { RollbackError } from '../../domain/errors.ts';
import { sleep } from '../../domain/ports/clock.ts';
import { MINUTE, SECOND } from '../../domain/time.ts';
import { formatProblems } from '../../config/format-problems.ts';
import { startApp, type App } from '../app.ts';
import type { Surroundings } from '../connections.ts';
import { load } from '../load.ts';
import { setStage, type Stage } from './stage.ts';
import { Storyteller } from './story.ts';

export interface DemoOptions extends Surroundings {
  readonly version: string;
  readonly once: boolean;
  readonly out: (line: string) => void;
  readonly color: boolean;
  readonly signal: AbortSignal;
}

const patienceMs = MINUTE;

/**
 * Shows the real daemon at work on a sample shop: release 1 proves itself, release 2 is deployed and is bad.
 *
 * @returns 0 when it was rolled back, else 1
 */
export async function runDemo(options: DemoOptions): Promise<number> {
  const { clock, out, color, signal, once } = options;
  const story = new Storyteller({ out, color, startedAt: clock.now() });
  await using stage = await setStage();
  const app = await begin(options, stage, story);
  try {
    story.say(
      'DEMO',
      `a sample shop runs release 1; rollbackd watches it. Short settings are the demo's: bake 5s, two failed probes 1s apart, or 50% errors for 1s`,
      clock.now(),
    );
    await until(options, async () => (await app.daemon.status()).targets[0]?.current?.standing === 'good');
    story.say(
      'DEMO',
      'release 1 is proven good; deploying release 2, which leaks database connections',
      clock.now(),
    );
    await stage.deploy(2);
    const closed = await outcome(options, app);
    const rto = (await app.daemon.incident(closed.id))?.rto ?? null;
    if (rto !== null) story.table(rto);
    const passed = closed.outcome === 'rolled_back';
    if (!once) await stay(options, app);
    if (once) out(JSON.stringify({ incident: closed.id, outcome: closed.outcome, rto: secondsOf(rto) }));
    return passed ? 0 : 1;
  } catch (error) {
    if (signal.aborted) return 1;
    throw error;
  } finally {
    await app.stop(10 * SECOND);
  }
}

async function begin(options: DemoOptions, stage: Stage, story: Storyteller): Promise<App> {
  const loaded = await load(stage.configPath, options);
  if (!loaded.ok) throw new RollbackError('CONFIG_INVALID', formatProblems(loaded.problems));
  const log = systemLog({ clock: options.clock, level: 'error', configuration: loaded.configuration });
  return startApp({
    ...options,
    configuration: loaded.configuration,
    path: stage.configPath,
    log,
    onEntry: (entry) => story.tell(entry),
    onFatal: (error) => story.say('DEMO', `the daemon cannot go on: ${String(error)}`, options.clock.now()),
  });
}

/** The incident's end: closed, or handed over to whoever watches. */
async function outcome(options: DemoOptions, app: App): Promise<IncidentRow> {
  let ended: IncidentRow | undefined;
  await until(options, async () => {
    const rows = await app.daemon.incidents({ target: 'shop', limit: 1 });
    ended = rows.find(({ outcome: how }) => how !== null);
    return ended !== undefined;
  });
  if (ended === undefined) throw new RollbackError('TIMED_OUT', 'the demo saw no outcome');
  return ended;
}

async function stay({ out, signal }: DemoOptions, app: App): Promise<void> {
  out(
    `rollbackd keeps watching; in another terminal: ROLLBACKD_URL=${app.url} npm run -s rollbackd -- status`,
  );
  out('Ctrl-C ends it.');
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
}

async function until({ clock, signal }: DemoOptions, holds: () => Promise<boolean>): Promise<void> {
  const giveUpAt = clock.now() + patienceMs;
  while (!(await holds())) {
    if (signal.aborted) throw new RollbackError('ABORTED', 'the demo was interrupted');
    if (clock.now() > giveUpAt)
      throw new RollbackError('TIMED_OUT', 'the demo waited a minute for something that did not happen');
    await sleep(clock, 100, signal);
  }
}

/** Phases in seconds, to the millisecond. */
function secondsOf(
  rto: Readonly<Record<RtoPhase, PhaseTime>> | null,
): Readonly<Record<string, number | null>> {
  const names = ['detection', 'decision', 'rollback', 'verification', 'total'] as const;
  return Object.fromEntries(
    names.map((name) => {
      const actualMs = rto?.[name].actualMs ?? null;
      return [name, actualMs === null ? null : actualMs / 1_000];
    }),
  );
}
