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
import { findCommunication, findPlaybook, type PackNames, type PlaybookNames } from './playbook-names.ts';
import type { ReadingContext } from './reading-context.ts';
import { duration, isName, nameProblem, someTime } from './scalars.ts';
import { readStep } from './steps.ts';

/** A playbook, and where it is written. */
export interface PlacedPlaybook {
  readonly playbook: Playbook;
  readonly place: Place;
}

/** The keys of a playbook. */
export const playbookShape = {
  objectives: z.unknown().optional().describe('What the record compares with'),
  steps: z.unknown().optional().describe('What is done, in this order'),
  verify: z.unknown().optional().describe('What must hold afterwards'),
  otherwise_playbook: z
    .string()
    .optional()
    .describe('Taken when this one failed; a chain must not lead back'),
  communication: z
    .string()
    .optional()
    .describe('Communication plan of its incidents, of this pack or pack/name of any'),
};

/** The keys of `objectives`. */
export const objectivesShape = {
  rollback: someTime.optional().describe('First to last effect; 5m unless stated'),
  verification: someTime.optional().describe('Last effect to verified; 3m unless stated'),
  total: someTime.optional().describe('From the first breaching reading to verified; 10m unless stated'),
};

const phase = z.unknown().optional();
/** The keys of `verify`. */
export const verifyShape = {
  settle: duration.optional().describe('Waited before the first check; 5s unless stated'),
  infrastructure: phase.describe('First phase: does everything run?'),
  connectivity: phase.describe('Second phase: does it answer?'),
  functionality: phase.describe('Third phase: does it do its work?'),
  data: phase.describe('Last phase: is the data whole?'),
};

/** The keys of a phase. */
export const phaseShape = {
  within: someTime.optional().describe('How long its checks may be retried; 1m unless stated'),
  checks: z.unknown().optional().describe('All of them must pass'),
};

interface Setting {
  readonly pack: string;
  readonly playbooks: PlaybookNames;
  readonly communications: PackNames;
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
  const fields = place.fields(playbookShape);
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
    communication: readCommunication(place.at('communication'), fields.communication, setting),
  };
}

function readCommunication(
  place: Place,
  written: string | undefined,
  { pack, communications }: Setting,
): string | null {
  if (written === undefined) return null;
  const found = findCommunication(written, pack, communications);
  if ('id' in found) return found.id;
  place.problem(found.problem);
  return null;
}

function readObjectives(place: Place): Objectives {
  if (place.value === undefined) return standardObjectives;
  const { rollback, verification, total } = place.fields(objectivesShape);
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
  const { settle } = place.fields(verifyShape);
  const phases = phaseNames.flatMap((name): Phase[] => {
    const phase = place.at(name);
    if (phase.value === undefined) return [];
    const { within } = phase.fields(phaseShape);
    const checks = phase
      .at('checks')
      .items('checks')
      .flatMap((item) => readCheck(item, allowedPrograms, context) ?? []);
    return checks.length === 0 ? [] : [{ name, withinMs: within ?? MINUTE, checks }];
  });
  return { settleMs: settle ?? defaultSettleMs, phases };
}
