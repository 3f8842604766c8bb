/**
 * Named places at which the crash tests kill the daemon. In production every one is an empty call.
 *
 * The list is the registry: the crash matrix is generated from it, so a point that no run reaches is found.
 */
export const crashPoints = [
  'incident.opened',
  'decision.committed',
  'question.committed',
  'answer.committed',
  'plan.committed',
  'effect.intent.committed',
  'effect.started.committed',
  'effect.call.before',
  'effect.call.between',
  'effect.call.after',
  'effect.done.committed',
  'undo.before',
  'release.before',
  'settle.committed',
  'phase.committed',
  'confirmed.before',
  'closed.committed',
  'message.sent',
  'click.received',
  'click.taken',
] as const;

export type CrashPoint = (typeof crashPoints)[number];

let reached: (point: CrashPoint) => void = () => {};

/** Called where a crash must be survivable. `effect.call.between` stands between the calls of one driver. */
export function crashPoint(point: CrashPoint): void {
  reached(point);
}

/** Installs what happens at a crash point. Only `main.ts` calls this, and only when told to by the environment. */
export function onCrashPoint(handler: (point: CrashPoint) => void): void {
  reached = handler;
}
