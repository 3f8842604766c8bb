import { setTimeout as pause } from 'node:timers/promises';
import type { IncidentView } from '../../src/domain/ports/daemon.ts';
import type { IncidentRow } from '../../src/domain/ports/store.ts';
import type { Act } from './act.ts';
import type { Daemon } from './daemon.ts';
import type { Place } from './passages.ts';
import type { CrashPlan } from './plan.ts';
import type { Stage } from './stage.ts';
import { untold } from './told.ts';

/** Where, and at which passage of that place since its start, a daemon is killed. */
export interface Kill {
  readonly place: Place;
  readonly nth: number;
  /** What a target is kept at meanwhile; only for kills from outside. */
  readonly work: string | null;
}

/** One run of a plan: each kill in turn, each in a daemon of its own. */
export interface Run {
  readonly plan: CrashPlan;
  readonly kills: readonly Kill[];
  /** A kill may fall into a blind call: then the incident may be handed over. */
  readonly mayPark: boolean;
}

/** Everything that is known once a run has come to rest. */
export interface Story {
  /** How many of the kills took place. */
  readonly killed: number;
  readonly incidents: readonly IncidentView[];
  /** What is wrong with the hash chain, or null. */
  readonly broken: string | null;
  readonly acts: readonly Act[];
  readonly serves: 1 | 2 | null;
  readonly overlaps: readonly string[];
  readonly restarts: number;
  /** What still holds writes off, or does not run. */
  readonly held: readonly string[];
  /** Programs of a daemon that was killed, still there at the end. */
  readonly strays: readonly string[];
  readonly messages: readonly string[];
}

const lookEveryMs = 50;
const longestMs = 90_000;
const longestSearchMs = 20_000;
const momentMs = 400;

/** `link/effect.call.between:2+settle.committed:1`; what `--only` takes. */
export function nameOf({ plan, kills }: Run): string {
  const places = kills.map(({ place, nth }) => `${place}:${nth}`);
  return `${plan.name}/${places.length === 0 ? 'undisturbed' : places.join('+')}`;
}

/** Lets release 2 fall ill, kills the daemon where it is to be killed, starts it again, and waits until all is at rest. */
export async function perform(run: Run, stage: Stage, tracePath?: string): Promise<Story> {
  await stage.reset();
  const left = [...run.kills];
  let letGo = hold(stage, left[0]);
  let daemon = stage.start(armed(left[0]), tracePath);
  try {
    await daemon.ready();
    await begin(run.plan, stage, daemon);
    const until = Date.now() + longestMs;
    while ((await watch(stage, daemon, left[0] ?? null, until)) === 'killed') {
      const [killed, next] = left;
      left.shift();
      daemon = stage.start(armed(next));
      if (killed?.place === 'call.during') await untilFound(daemon);
      letGo();
      letGo = hold(stage, next);
    }
    return await tell(stage, daemon, run.kills.length - left.length);
  } finally {
    letGo();
    await daemon.kill();
  }
}

/** Keeps the target at the work during which the daemon is to be killed. */
function hold(stage: Stage, kill: Kill | undefined): () => void {
  return kill?.work === null || kill === undefined ? () => {} : stage.hold(kill.work);
}

/**
 * Waits until the daemon knows that a step was under way, and a moment more: one that did not look for the child of the
 * daemon before would start the step beside it.
 */
async function untilFound(daemon: Daemon): Promise<void> {
  for (let lookedMs = 0; lookedMs < longestSearchMs && !daemon.hasEnded; lookedMs += lookEveryMs) {
    const [row] = (await daemon.api?.incidents({ limit: 1 }).catch(() => null)) ?? [];
    const incident = row === undefined ? null : await daemon.api?.incident(row.id).catch(() => null);
    if (incident?.journal.some(({ type }) => type === 'effect.found') === true) break;
    await pause(lookEveryMs);
  }
  await pause(momentMs);
}

/** A kill from outside is not the daemon's to know. */
function armed(kill: Kill | undefined): string | null {
  return kill === undefined || kill.place === 'call.during' ? null : `${kill.place}:${kill.nth}`;
}

async function begin(plan: CrashPlan, stage: Stage, daemon: Daemon): Promise<void> {
  if (plan.begins !== 'request') {
    stage.broken = true;
    return;
  }
  const asked = { do: 'rollback', because: 'regression', to: null, playbook: null, note: '' } as const;
  // It may be killed before it answers; what it accepted is durable all the same.
  await daemon.api?.execute({ ...asked, target: stage.site.name }).catch(() => null);
}

async function watch(
  stage: Stage,
  daemon: Daemon,
  kill: Kill | null,
  until: number,
): Promise<'killed' | 'rested' | 'late'> {
  while (Date.now() < until) {
    if (kill?.place === 'call.during' && stage.atWork().includes(kill.work ?? '')) await daemon.kill();
    if (daemon.hasEnded) {
      if (daemon.killed && kill !== null) return 'killed';
      throw new Error('the daemon ended though nobody killed it; see daemon.log');
    }
    if (await restsOrGoesOn(stage, daemon)) return 'rested';
    await pause(lookEveryMs);
  }
  return 'late';
}

async function restsOrGoesOn(stage: Stage, daemon: Daemon): Promise<boolean> {
  const { api } = daemon;
  const rows = (await api?.incidents({ limit: 100 }).catch(() => null)) ?? [];
  const [open] = rows;
  if (api === null || open === undefined) return false;
  if (open.state === 'asking' && stage.plan.begins === 'high') {
    await answer(stage, daemon, open.id);
    return false;
  }
  if (!rows.every(rests)) return false;
  const view = await api.incident(open.id).catch(() => null);
  return view !== null && untold(view, stage.messages()).length === 0;
}

async function answer(stage: Stage, daemon: Daemon, incident: string): Promise<void> {
  const { api, url } = daemon;
  const question = (await api?.incident(incident).catch(() => null))?.question ?? null;
  if (api === null || url === null || question === null) return;
  if (!stage.plan.clicks) {
    const { planDigest } = question;
    await api.execute({ do: 'approve', incident, planDigest, note: '' }).catch(() => null);
    return;
  }
  // People click once, and once more when nothing came of it because the daemon died.
  if (clicked.get(daemon) === question.ticket) return;
  clicked.set(daemon, question.ticket);
  await stage.click(url, question.ticket);
}

/** What was clicked while each daemon lived. */
const clicked = new WeakMap<Daemon, string>();

const movingStates = ['judging', 'planning', 'starting', 'rolling_back', 'verifying', 'undoing', 'releasing'];

function rests({ closedAt, state }: IncidentRow): boolean {
  return closedAt !== null || !movingStates.includes(state);
}

async function tell(stage: Stage, daemon: Daemon, killed: number): Promise<Story> {
  const { api } = daemon;
  if (api === null) throw new Error('the daemon does not listen; see daemon.log');
  const rows = await api.incidents({ limit: 100 });
  const views = await Promise.all(rows.map(({ id }) => api.incident(id)));
  return {
    killed,
    incidents: views.filter((view) => view !== null),
    broken: await api.verifyJournal(),
    acts: await stage.acts(),
    serves: await stage.site.serves(),
    overlaps: stage.records.overlaps(),
    restarts: stage.records.restarts('release-1'),
    held: (await stage.site.held?.()) ?? [],
    strays: stage.tools.atWork(),
    messages: stage.messages(),
  };
}
