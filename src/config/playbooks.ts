import { z } from 'zod';
import {
  standardObjectives,
  phaseNames,
  type Objectives,
  type Phase,
  type Playbook,
  type Verification,
} from '../domain/playbook.ts';
import { MINUTE, SECOND } from '../domain/time.ts';
import { readCheck } from './checks.ts';
import type { Place } from './place.ts';
import { findPlaybook, type PlaybookNames } from './playbook-names.ts';
import type { ReadingContext } from './reading-context.ts';
import { duration, isName, nameProblem, someTime } from './scalars.ts';
import { readStep } from './steps.ts';

/** A playbook, and where it is written. */
export interface PlacedPlaybook {
  readonly playbook: Playbook;
  readonly place: Place;
}

const shape = {
  objectives: z.unknown().optional(),
  steps: z.unknown().optional(),
  verify: z.unknown().optional(),
  otherwise_playbook: z.string().optional(),
};

interface Setting {
  readonly pack: string;
  readonly playbooks: PlaybookNames;
  readonly allowedPrograms: readonly string[];
}

/** The playbooks of one pack, as far as they could be read. */
export function readPlaybooks(
  place: Place,
  setting: Setting,
  context: ReadingContext,
): readonly PlacedPlaybook[] {
  const placed = place.entries('playbooks by name').map(([name, at]) => {
    if (!isName(name)) at.problem(nameProblem, 'key');
    return { playbook: readPlaybook(at, `${setting.pack}/${name}`, setting, context), place: at };
  });
  return placed;
}

/** A fallback of a fallback may not lead back: the chain of a failing rollback has to end. */
export function checkFallbacks(placed: readonly PlacedPlaybook[]): void {
  const byId = new Map(placed.map(({ playbook }) => [playbook.id, playbook]));
  for (const { playbook, place } of placed) {
    const chain = [playbook.id];
    for (
      let next = playbook.otherwisePlaybook;
      next !== null;
      next = byId.get(next)?.otherwisePlaybook ?? null
    ) {
      if (chain.includes(next)) {
        place.at('otherwise_playbook').problem(`leads back to ${next}: ${[...chain, next].join(' → ')}`);
        break;
      }
      chain.push(next);
    }
  }
}

function readPlaybook(place: Place, id: string, setting: Setting, context: ReadingContext): Playbook {
  const fields = place.fields(shape);
  const { allowedPrograms, pack, playbooks } = setting;
  const steps = place.at('steps');
  const items = steps.items('steps');
  const isEmpty = items.length === 0 && (steps.value === undefined || Array.isArray(steps.value));
  if (isEmpty)
    place.problem('has no steps; expected at least one, such as docker.rollback: { to: last_good }', 'key');
  const fallback = place.at('otherwise_playbook');
  const found =
    fields.otherwise_playbook === undefined
      ? null
      : findPlaybook(fields.otherwise_playbook, [pack], playbooks);
  if (found !== null && 'problem' in found) fallback.problem(found.problem);
  return {
    id,
    steps: items.flatMap((item) => readStep(item, allowedPrograms, context) ?? []),
    verification: readVerification(place.at('verify'), allowedPrograms, context),
    objectives: readObjectives(place.at('objectives')),
    otherwisePlaybook: found !== null && 'id' in found ? found.id : null,
  };
}

function readObjectives(place: Place): Objectives {
  if (place.value === undefined) return standardObjectives;
  const limit = someTime.optional();
  const { rollback, verification, total } = place.fields({
    rollback: limit,
    verification: limit,
    total: limit,
  });
  return {
    rollbackMs: rollback ?? standardObjectives.rollbackMs,
    verificationMs: verification ?? standardObjectives.verificationMs,
    totalMs: total ?? standardObjectives.totalMs,
  };
}

function readVerification(
  place: Place,
  allowedPrograms: readonly string[],
  context: ReadingContext,
): Verification {
  const defaultSettleMs = 5 * SECOND;
  if (place.value === undefined) return { settleMs: defaultSettleMs, phases: [] };
  const later = z.unknown().optional();
  const { settle } = place.fields({
    settle: duration.optional(),
    infrastructure: later,
    connectivity: later,
    functionality: later,
    data: later,
  });
  const phases = phaseNames.flatMap((name): Phase[] => {
    const phase = place.at(name);
    if (phase.value === undefined) return [];
    const { within } = phase.fields({ within: someTime.optional(), checks: later });
    const checks = phase
      .at('checks')
      .items('checks')
      .flatMap((item) => readCheck(item, allowedPrograms, context) ?? []);
    return checks.length === 0 ? [] : [{ name, withinMs: within ?? MINUTE, checks }];
  });
  return { settleMs: settle ?? defaultSettleMs, phases };
}
