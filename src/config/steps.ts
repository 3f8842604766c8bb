import { z } from 'zod';
import type { PlaybookStep } from '../domain/playbook.ts';
import type { Drivers } from '../domain/ports/driver.ts';
import { checkPrograms } from './programs.ts';
import { checkTemplates, holdPlaces } from './placeholders.ts';
import type { Place } from './place.ts';
import type { ReadingContext } from './reading-context.ts';
import { someTime } from './scalars.ts';
import { suggestion, unknownWord } from './suggest.ts';
import { judge } from './wording.ts';

/** The keys of a step beside its kind. */
export const stepShape = {
  deadline: someTime.optional().describe("How long an attempt may take; the kind's own unless stated"),
  retries: z.int().min(0).max(10).optional().describe('Of attempts that changed nothing; 0 unless stated'),
};

/**
 * One step: a driver's word with its options, and perhaps `deadline` and `retries` beside it. The options stay as
 * written, templates and all: the plan fills them in and has the driver validate them again.
 *
 * @returns null after a problem
 */
export function readStep(
  place: Place,
  allowedPrograms: readonly string[],
  { drivers }: ReadingContext,
): PlaybookStep | null {
  const { value } = place;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    place.problem('expected a step such as docker.rollback: { to: last_good }');
    return null;
  }
  const keys = Object.keys(value).filter((key) => !Object.hasOwn(stepShape, key));
  const kind = keys.find((key) => Object.hasOwn(drivers, key)) ?? keys[0];
  if (kind === undefined) {
    place.problem(`does nothing; expected one of ${Object.keys(drivers).join(', ')}`);
    return null;
  }
  for (const other of keys)
    if (other !== kind) place.at(other).problem(oneThing(other, kind, drivers), 'key');
  const settings = place.with(
    Object.fromEntries(Object.entries(value).filter(([key]) => Object.hasOwn(stepShape, key))),
  );
  const { deadline, retries } = settings.fields(stepShape);
  const driver = Object.hasOwn(drivers, kind) ? drivers[kind] : undefined;
  if (driver === undefined) {
    place.at(kind).problem(unknownWord('unknown step', kind, Object.keys(drivers)), 'key');
    return null;
  }
  const options = place.at(kind).value ?? {};
  checkOptions(place.at(kind).with(options), driver.options);
  checkPrograms(place.at(kind), allowedPrograms);
  return { kind, options, deadlineMs: deadline ?? driver.deadlineMs, retries: retries ?? 0 };
}

function oneThing(other: string, kind: string, drivers: Drivers): string {
  if (Object.hasOwn(drivers, other))
    return `one step does one thing: ${kind} is there already; begin a new item with -`;
  return `unknown key${suggestion(other, Object.keys(stepShape))}`;
}

function checkOptions(place: Place, schema: z.ZodType): void {
  checkTemplates(place, 'playbook');
  const { held, restore } = holdPlaces(place.value);
  const judged = judge(schema, held);
  if (judged.ok) return;
  for (const { path, onKey, message } of judged.objections)
    path.reduce<Place>((at, key) => at.at(key), place).problem(restore(message), onKey ? 'key' : 'value');
}
