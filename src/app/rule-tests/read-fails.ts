import { z } from 'zod';
import type { Place } from '../../config/place.ts';
import { unknownWord } from '../../config/suggest.ts';
import type { Configuration } from '../../domain/configuration.ts';
import type { RuleTest } from '../../rehearse/rule-test.ts';

const shape = {
  steps: z.array(z.string()).optional(),
  checks: z.array(z.string()).optional(),
};

/** `fails:`, kinds of steps and names of checks; what no playbook has is a problem, for it would fail nothing. */
export function readFails(place: Place, { playbooks }: Configuration): RuleTest['fails'] {
  if (place.value === undefined) return { steps: [], checks: [] };
  const { steps = [], checks = [] } = place.fields(shape);
  const all = Object.values(playbooks);
  const kinds = new Set(all.flatMap((playbook) => playbook.steps.map(({ kind }) => kind)));
  const phases = all.flatMap(({ verification }) => verification.phases);
  const names = new Set(phases.flatMap((phase) => phase.checks.map(({ name }) => name)));
  refuseUnknown(place.at('steps'), steps, { what: 'step', known: [...kinds] });
  refuseUnknown(place.at('checks'), checks, { what: 'check', known: [...names] });
  return { steps, checks };
}

function refuseUnknown(
  place: Place,
  written: readonly string[],
  { what, known }: { readonly what: string; readonly known: readonly string[] },
): void {
  for (const [index, name] of written.entries())
    if (!known.some((one) => isFilledIn(name, one)))
      place.at(index).problem(unknownWord(`no playbook has the ${what}`, name, known));
}

/** Whether a name is another one, with or without values in the place of its templates. */
function isFilledIn(name: string, other: string): boolean {
  const [first = '', ...rest] = other.split(/\$\{[^}]*\}/);
  const last = rest.at(-1) ?? '';
  if (name === other) return true;
  return rest.length > 0 && name.startsWith(first) && name.endsWith(last) && !name.includes('${');
}
