import type { RollbackContext, RollbackEvent } from '../../state-machines/rollback.context.ts';
import { formatDuration } from '../domain/time.ts';
import type { Resting } from './machines.ts';
import type { Note } from './turn.ts';

/** The sentence of one transition of a rollback; null where the effect's own entry tells it. */
export function rollbackNote(
  before: Resting<RollbackContext>,
  after: Resting<RollbackContext>,
  event: RollbackEvent,
): Note | null {
  if (event.type === 'checked') return phaseNote(before.context, event);
  if (event.type === 'inconclusive' && after.value === before.value)
    return { type: 'rollback.inconclusive', message: `${event.reason}; waiting once more` };
  if (after.value === before.value) return null;
  switch (after.value) {
    case 'paused':
      return {
        type: 'rollback.paused',
        message: 'halted between two steps; it goes on when the halt is lifted',
      };
    case 'settling':
      return {
        type: 'rollback.settling',
        message: `every step is done; verifying after ${formatDuration(after.context.settleMs)}`,
      };
    case 'confirming':
      return {
        type: 'rollback.confirming',
        message: "the incident's own rules must recover on fresh readings",
      };
    case 'undoing':
      return {
        type: 'rollback.undoing',
        message: 'a step failed; undoing what was done',
      };
    case 'holding':
      return {
        type: 'rollback.holding',
        message: `nobody can tell what became of the data, so what is held stays held until somebody says rollbackd ack ${after.context.incident}: ${after.context.reason}`,
        facts: { result: 'in_doubt' },
      };
    case 'releasing':
    case 'ended':
      return endNote(before, after, event);
    default:
      return null;
  }
}

function phaseNote(context: RollbackContext, event: Extract<RollbackEvent, { type: 'checked' }>): Note {
  const name = context.phases[context.phase]?.name ?? 'verification';
  if (event.passed)
    return { type: 'phase.passed', message: `${name}: ${event.reason}`, facts: { phase: name } };
  const type = event.inconclusive ? 'phase.inconclusive' : 'phase.failed';
  return { type, message: `${name}: ${event.reason}`, facts: { phase: name } };
}

function endNote(
  before: Resting<RollbackContext>,
  after: Resting<RollbackContext>,
  event: RollbackEvent,
): Note | null {
  if (before.context.result === null && after.context.result !== null) {
    const { result, reason } = after.context;
    return {
      type: 'rollback.ended',
      message: result === 'passed' ? `recovered: ${reason}` : `${result.replaceAll('_', ' ')}: ${reason}`,
      facts: { result },
    };
  }
  return event.type === 'done' || after.value !== 'ended'
    ? null
    : { type: 'rollback.released', message: 'let go of everything it held' };
}
