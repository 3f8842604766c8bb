import type { DataIntegrity } from './data-integrity.ts';
import type { EffectClass } from './plan.ts';

/** What an effect carries out: the step itself, its compensation, or letting go of what it holds. */
export type Purpose = 'apply' | 'undo' | 'release';

export type EffectState = 'intent' | 'started' | 'done' | 'failed' | 'unknown';

/** One attempt at a step, journaled before it starts. */
export interface Effect {
  /** `incident/plan digest/step/generation`, with `undo` or `release` behind the step where it is one. */
  readonly opId: string;
  readonly incident: string;
  readonly step: number;
  readonly purpose: Purpose;
  readonly generation: number;
  readonly kind: string;
  readonly effect: EffectClass;
  readonly state: EffectState;
  /** Of the daemon that owns it; a stale epoch changes nothing. */
  readonly epoch: number;
  /** How often a start found it unfinished. At three it is handed over. */
  readonly recoveries: number;
  readonly intentAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly detail: string;
  /** What became of the records that it replaced; empty where it replaced none, or has not ended. */
  readonly integrity: readonly DataIntegrity[];
}

export function opIdOf(parts: {
  incident: string;
  planDigest: string;
  step: number;
  purpose: Purpose;
  generation: number;
}): string {
  const step = parts.purpose === 'apply' ? String(parts.step) : `${parts.step}-${parts.purpose}`;
  return `${parts.incident}/${parts.planDigest}/${step}/${parts.generation}`;
}

/** How one effect ended, as its driver saw it. */
export type EffectOutcome =
  | {
      readonly ended: 'done';
      readonly detail: string;
      readonly evidence?: Readonly<Record<string, string>>;
      /** Of steps that replaced data: what became of the records. */
      readonly integrity?: readonly DataIntegrity[];
    }
  /** Nothing was changed, or what was changed has been put back. */
  | { readonly ended: 'failed'; readonly detail: string; readonly retryable: boolean };

export type ProbeAnswer = 'done' | 'partial' | 'not_done' | 'unknown';
