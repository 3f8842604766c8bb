import type { IncidentView } from '../../src/domain/ports/daemon.ts';
import type { Act } from './act.ts';
import { courseOf, endOf, succeeds, type CrashPlan, type CrashStep } from './plan.ts';
import type { Run, Story } from './run.ts';
import { untold } from './told.ts';

/** What a run showed. Empty lists, and `completed` or an allowed `parked`, are what it must be. */
export interface Verdict {
  /** Incidents, acts and messages that vanished, and incidents that never came to an outcome. */
  readonly lost: readonly string[];
  /** Acts that a target saw twice, steps that ran under two ids, and steps that ran beside themselves. */
  readonly doubled: readonly string[];
  /** Whatever else is not as it must be. */
  readonly wrong: readonly string[];
  readonly ended: 'completed' | 'parked' | 'neither';
  /** Every kill took place. */
  readonly reached: boolean;
}

/** Holds what the targets remember against what the journal says and what the plan is. Pure. */
export function judge(run: Run, story: Story): Verdict {
  const { plan, kills } = run;
  const [incident, ...more] = story.incidents;
  const ended = incident === undefined ? 'neither' : endedAs(plan, incident);
  const completed = ended === 'completed';
  return {
    lost: [
      ...(incident === undefined ? ['the incident vanished'] : []),
      ...(incident !== undefined && incident.outcome === null
        ? [`the incident stays ${incident.state}`]
        : []),
      ...(completed ? missing(plan, story) : []),
      ...(incident === undefined ? [] : unperformed(plan, incident, story.acts)),
      ...(incident === undefined ? [] : untold(incident, story.messages)).map((text) => `untold: ${text}`),
      ...notesLost(plan, completed, story.messages),
    ],
    doubled: [...twice(story.acts), ...story.overlaps.map((step) => `${step} ran beside itself`)],
    wrong: [
      ...more.map(({ id, reason }) => `a second incident ${id}: ${reason}`),
      ...(story.broken === null ? [] : [`the journal is broken: ${story.broken}`]),
      ...(incident === undefined ? [] : unknownActs(incident, story.acts)),
      ...(completed ? unplanned(plan, story) : []),
      ...silentlyHeld(plan, story),
      ...story.strays.map((work) => `${work} of a dead daemon is still there`),
      ...(completed || (ended === 'parked' && run.mayPark) ? [] : [whyNot(plan, incident)]),
    ],
    ended,
    reached: story.killed === kills.length,
  };
}

function endedAs(plan: CrashPlan, { outcome, effects, journal }: IncidentView): Verdict['ended'] {
  if (outcome === 'handed_over' && effects.some(({ state }) => state === 'unknown')) return 'parked';
  if (outcome !== endOf(plan)) return 'neither';
  const failed = journal.some(({ type }) => type === 'rollback.failed');
  return failed === succeeds(plan.steps) ? 'neither' : 'completed';
}

function whyNot(plan: CrashPlan, incident: IncidentView | undefined): string {
  const found =
    incident === undefined ? 'nothing' : `${incident.state}, ${incident.outcome}: ${incident.reason}`;
  return `expected ${endOf(plan)}, found ${found}`;
}

/** What the targets must have seen, each once, when the plan took its whole course. */
function expectedActs(plan: CrashPlan): readonly string[] {
  const acts = (steps: readonly CrashStep[]): string[] => {
    const { applied, undone } = courseOf(steps);
    return [
      ...applied.flatMap(({ name, acts }) => acts.map((act) => `${name}: ${act}`)),
      ...undone.flatMap(({ name, undo }) => (undo?.acts ?? []).map((act) => `${name}: ${act}`)),
      ...applied.flatMap(({ name, held }) => (held?.acts ?? []).map((act) => `${name}: ${act}`)),
    ];
  };
  return [...acts(plan.steps), ...acts(succeeds(plan.steps) ? [] : plan.fallback)];
}

function missing(plan: CrashPlan, { acts }: Story): string[] {
  const seen = new Set(acts.map(named));
  return expectedActs(plan)
    .filter((act) => !seen.has(act))
    .map((act) => `no target saw ${act}`);
}

/** What is only looked at there: the things themselves are told of no effect. */
const watchedSites: readonly CrashPlan['site'][] = ['data', 'stack', 'volume', 'swarm'];

/** Effects that the journal calls done and of which no target knows. */
function unperformed(
  plan: CrashPlan,
  { effects, plan: shown }: IncidentView,
  acts: readonly Act[],
): string[] {
  const known = new Set(acts.map(({ opId }) => opId));
  // Of targets that are told nothing, only how often something was done to them is known.
  const told = new Set(acts.filter(({ opId }) => opId !== null).map(({ step }) => step));
  const steps = [...plan.steps, ...plan.fallback].filter(
    (step) => step.acts.length > 0 && (!watchedSites.includes(plan.site) || told.has(step.name)),
  );
  const kinds = new Set(steps.map(({ kind }) => kind));
  return effects
    .filter(({ state, purpose, kind }) => state === 'done' && purpose === 'apply' && kinds.has(kind))
    .filter(({ opId }) => shown !== null && !known.has(opId))
    .map(({ opId, kind }) => `${kind} ${opId} is done, but no target knows of it`);
}

function notesLost(plan: CrashPlan, completed: boolean, messages: readonly string[]): string[] {
  const notes = courseOf(plan.steps).applied.filter(({ kind }) => kind === 'notify');
  return notes
    .filter(({ name }) => completed && !messages.some((text) => text.includes(`note ${name}`)))
    .map(({ name }) => `untold: note ${name}`);
}

function twice(acts: readonly Act[]): string[] {
  const names = acts.map(named);
  const repeated = [...new Set(names)].filter((name) => names.filter((same) => same === name).length > 1);
  const steps = [...new Set(acts.map(({ step }) => step))];
  const split = steps.filter(
    (name) => new Set(acts.filter(({ step }) => step === name).map(({ opId }) => opId)).size > 1,
  );
  return [...repeated.map((act) => `${act}, twice`), ...split.map((step) => `${step} ran under two ids`)];
}

function unknownActs({ effects }: IncidentView, acts: readonly Act[]): string[] {
  const known = new Set(effects.map(({ opId }) => opId));
  return acts
    .filter(({ opId }) => opId !== null && !known.has(opId))
    .map((act) => `the journal does not know ${named(act)} ${act.opId}`);
}

function unplanned(plan: CrashPlan, story: Story): string[] {
  const planned = new Set(expectedActs(plan));
  const restarts = [...plan.steps, ...plan.fallback].filter(({ kind }) => kind === 'link.rollback').length;
  const moved = endOf(plan) === 'rolled_back' && [...plan.steps, ...plan.fallback].some(movesRelease);
  const serves = moved ? 1 : 2;
  return [
    ...story.acts.filter((act) => !planned.has(named(act))).map((act) => `${named(act)} was not planned`),
    ...(story.serves === serves ? [] : [`release ${story.serves} runs instead of release ${serves}`]),
    ...(restarts > 0 && (story.restarts < 1 || story.restarts > 1 + story.killed)
      ? [`the service was restarted ${story.restarts} times`]
      : []),
  ];
}

/** Once all is at rest nothing is held, unless the plan says so, or people were told that it is. */
function silentlyHeld(plan: CrashPlan, { held, incidents: [incident], messages }: Story): string[] {
  const stays = endOf(plan) === 'rolled_back' && plan.steps.some(({ kind }) => kind === 'process.stop');
  const isTold = (what: string): boolean =>
    incident?.outcome === 'handed_over' && messages.some((text) => text.includes(what));
  return held
    .filter((what) => !(stays && what.startsWith('the process')) && !isTold(what))
    .map((what) => `${what} stays held or stopped, and nobody is told`);
}

function movesRelease({ kind }: CrashStep): boolean {
  return movingKinds.includes(kind);
}

const movingKinds = [
  'link.rollback',
  'git.revert',
  'docker.rollback',
  'compose.rollback',
  'compose.build',
  'swarm.rollback',
];

function named({ step, act }: Act): string {
  return `${step}: ${act}`;
}
