import type { Chance } from './chance.ts';
import { passagesOf, type Passage } from './passages.ts';
import type { CrashPlan } from './plan.ts';
import { nameOf, type Kill, type Run } from './run.ts';

/** Messages go out beside everything else, blind calls too: the first one, and one in the middle. */
function messagesOf(plan: CrashPlan): readonly Passage[] {
  const blind = passagesOf(plan).some((passage) => passage.blind);
  return [1, 3].map((nth) => ({ place: 'message.sent', nth, blind, work: null }));
}

/** The plan without a kill: it must come by exactly the places that its shape says. */
export function undisturbed(plan: CrashPlan): Run {
  return { plan, kills: [], mayPark: false };
}

/** A kill at every place of the plan, each in a run of its own. */
export function singles(plan: CrashPlan): readonly Run[] {
  return [...passagesOf(plan), ...messagesOf(plan)].map((passage) => ({
    plan,
    kills: [killAt(passage)],
    mayPark: passage.blind,
  }));
}

/**
 * Two kills: the second one in the daemon that was started after the first, at a place that lies later, or at the same
 * place once more. A second place that recovery has no need to come by is simply not reached.
 */
export function doubles(plan: CrashPlan, count: number, chance: Chance): readonly Run[] {
  const passages = passagesOf(plan);
  const sameTwice = chance.shuffled(passages.filter(isCall)).slice(0, Math.ceil(count / 3));
  const again = sameTwice.map((passage) => double(plan, passage, { ...passage, nth: 1 }));
  const later = Array.from({ length: count - again.length }, () => {
    const index = chance.below(passages.length - 1);
    const first = chance.pick(passages.slice(index, index + 1));
    return double(plan, first, { ...chance.pick(passages.slice(index + 1)), nth: 1 });
  });
  return unique([...again, ...later]);
}

/** At least one run of each plan and of each place, then others, up to `size`. */
export function sample(runs: readonly Run[], size: number, chance: Chance): readonly Run[] {
  const order = chance.shuffled(runs);
  const chosen: Run[] = [];
  const covered = new Set<string>();
  for (const run of order) {
    const marks = [run.plan.name, ...run.kills.map(({ place }) => place)];
    if (marks.every((mark) => covered.has(mark))) continue;
    for (const mark of marks) covered.add(mark);
    chosen.push(run);
  }
  const rest = order.filter((run) => !chosen.includes(run));
  return [...chosen, ...rest.slice(0, Math.max(0, size - chosen.length))];
}

/** The run of this name, also one that chance would not have chosen. */
export function runNamed(name: string, plans: readonly CrashPlan[]): Run | null {
  const [planName, places = ''] = name.split('/');
  const plan = plans.find((one) => one.name === planName);
  if (plan === undefined || places === '') return null;
  if (places === 'undisturbed') return undisturbed(plan);
  const passages = [...passagesOf(plan), ...messagesOf(plan)];
  const kills = places.split('+').map((written): Kill => {
    const [place = '', nth = '1'] = written.split(':');
    const known = passages.find((passage) => passage.place === place && passage.nth === Number(nth));
    if (known === undefined) throw new Error(`the plan ${plan.name} does not come by ${written}`);
    return killAt(known);
  });
  return { plan, kills, mayPark: passages.some(({ blind }) => blind) };
}

function double(plan: CrashPlan, first: Passage, second: Passage): Run {
  const anyBlind = passagesOf(plan).some(({ blind, place }) => blind && place === second.place);
  return { plan, kills: [killAt(first), killAt(second)], mayPark: first.blind || anyBlind };
}

function killAt({ place, nth, work }: Passage): Kill {
  return { place, nth, work };
}

function isCall({ place }: Passage): boolean {
  return place.startsWith('effect.call') || place === 'call.during';
}

function unique(runs: readonly Run[]): Run[] {
  const names = runs.map(nameOf);
  return runs.filter((_, index) => names.indexOf(names[index] ?? '') === index);
}
