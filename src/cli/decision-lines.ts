import type { Decision, Objection } from '../domain/incident.ts';
import { wrapped } from './columns.ts';
import { spaced } from './ending.ts';
import type { Paint } from './paint.ts';

/**
 * Why this, or why not that: the decision, and every objection with what an approval would do to it.
 *
 * @param told what stands above already, and is not said again
 */
export function decisionLines(
  decision: Decision | null,
  told: string,
  { paint, width }: { readonly paint: Paint; readonly width: number },
): string[] {
  if (decision === null) return [];
  const { action, wanted, halted, reason, objections } = decision;
  const did = halted ? 'wait for unhalt' : spaced(action);
  const instead = action === wanted && !halted ? '' : `, where the rule wants ${spaced(wanted)}`;
  return [
    `${paint.bold(did)}${instead}`,
    ...(reason === told ? [] : wrapped(reason, width - 2, '')),
    ...objections.flatMap((objection) => objectionLines(objection, { paint, width })),
  ];
}

function objectionLines(
  { guard, weakens, approval, reason }: Objection,
  { paint, width }: { readonly paint: Paint; readonly width: number },
): string[] {
  const head = `${paint.yellow(spaced(guard))} objects: ${spaced(weakens)}; ${approvals[approval]}`;
  return [head, ...wrapped(reason, width - 2, '  ')];
}

const approvals: Readonly<Record<Objection['approval'], string>> = {
  lifts: 'an approval lifts it',
  refused: 'an approval would be refused',
  needs_release: 'only an approval with --to RELEASE counts',
  needs_dba: 'only a dba, or several people, may approve',
};
