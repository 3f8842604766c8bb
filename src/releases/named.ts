import type { Candidate, Found } from '../domain/ports/releases.ts';
import { nameRelease, type Release } from '../domain/release.ts';
import { needOf, none } from './candidate.ts';
import type { TargetState } from './target-state.ts';

/** Finds a release by its id, the beginning of its id, or its label such as `shop:1`. */
export function findRelease(target: string, releases: readonly Release[], text: string): Found {
  const matches = releases.filter(
    ({ id, components }) => id === text || components.some(({ label }) => label === text),
  );
  const found = matches.length > 0 ? matches : releases.filter(({ id }) => isBeginning(text, id));
  const [release] = found;
  if (release === undefined)
    return {
      release: null,
      problem: `${target} has no release ${text}: see \`release list ${target}\``,
      ambiguous: false,
    };
  if (found.length > 1) {
    const names = found.map(({ id }) => id).join(', ');
    return { release: null, problem: `${text} may be any of ${names}: name one of them`, ambiguous: true };
  }
  return { release };
}

function isBeginning(text: string, id: string): boolean {
  return /^r-[0-9a-f]{4,}$/.test(text) && id.startsWith(text);
}

/** A release asked for by name. Standing, age and barriers are the person's to judge; a missing one never comes back. */
export function named(state: TargetState, text: string): Candidate {
  const found = findRelease(state.name, [...state.releases.values()], text);
  if (found.release === null) return none(found.problem);
  const { release } = found;
  const name = nameRelease(release);
  if (release.id === state.serving?.release) return none(`${name} is what ${state.name} runs now`);
  if (state.missing.has(release.id)) return none(`${name} cannot come back: its ${needOf(release)} is gone`);
  if (release.sealed === null && needOf(release) === 'image')
    return none(`${name} cannot come back: it never ran here, so how to run it is not known`);
  return { release };
}
