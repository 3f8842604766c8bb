import type { Guard } from './guard.ts';

/** After an automatic rollback the target rests. */
export const guardCooldown: Guard = ({ cooldown }) =>
  cooldown === null ? null : { weakens: 'ask', approval: 'lifts', reason: cooldown };
