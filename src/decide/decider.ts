import type { Crontab } from '../domain/ports/crontab.ts';
import type { Decider } from '../domain/ports/decider.ts';
import { budgetUsed } from './budget.ts';
import { resting } from './cooldown.ts';
import { frozen } from './freezes.ts';
import { judge } from './judge.ts';

/** Deciding, with the calendar it needs for recurring freezes. */
export function decider(crontab: Crontab): Decider {
  return {
    judge,
    frozen: (target, at, controls, recurring) => frozen({ target, at, controls, recurring }, crontab),
    cooldown: resting,
    budgetUsed,
  };
}
