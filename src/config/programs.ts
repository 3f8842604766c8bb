import { basename } from 'node:path';
import type { Place } from './place.ts';
import { shown } from './wording.ts';

/**
 * Reports every program behind a `run:`, or a list behind `command:`, at any depth, that the main file does not allow. Whatever a pack says, only
 * `allowed_programs` may run.
 */
export function checkPrograms(place: Place, allowedPrograms: readonly string[]): void {
  const { value } = place;
  if (value === null || typeof value !== 'object') return;
  for (const key of Array.isArray(value) ? value.keys() : Object.keys(value)) {
    const at = place.at(key);
    if ((key === 'run' || key === 'command') && Array.isArray(at.value))
      checkProgram(at.at(0), allowedPrograms);
    else checkPrograms(at, allowedPrograms);
  }
}

/** The same behind every `golden:` of a rule, at any depth; its other signals run no programs. */
export function checkGoldenPrograms(place: Place, allowedPrograms: readonly string[]): void {
  const { value } = place;
  if (value === null || typeof value !== 'object') return;
  for (const key of Array.isArray(value) ? value.keys() : Object.keys(value))
    if (key === 'golden') checkPrograms(place.at(key), allowedPrograms);
    else checkGoldenPrograms(place.at(key), allowedPrograms);
}

function checkProgram(place: Place, allowedPrograms: readonly string[]): void {
  const { value } = place;
  if (typeof value !== 'string' || allowedPrograms.includes(value)) return;
  // A name without a path is fine where it can only mean one of the allowed programs.
  const named = value.includes('/') ? [] : allowedPrograms.filter((path) => basename(path) === value);
  if (named.length === 1) return;
  if (named.length > 1) return place.problem(`${value} may be ${named.join(' or ')}; write the whole path`);
  const allowed = allowedPrograms.length === 0 ? 'which is empty' : `which has ${allowedPrograms.join(', ')}`;
  place.problem(`${shown(value)} is not in allowed_programs, ${allowed}`);
}
