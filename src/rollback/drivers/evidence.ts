import { z } from 'zod';
import type { Docker } from '../../clients/docker/docker.ts';
import type { Driver } from '../../domain/ports/driver.ts';
import type { Target } from '../../domain/target.ts';
import { SECOND } from '../../domain/time.ts';
import { cap, hear, witnessesOf } from '../docker/witnesses.ts';
import { asShell } from './shell-text.ts';

/** Options of `evidence`. */
export const evidenceOptions = z.strictObject({
  logs: z
    .int()
    .min(0)
    .max(10_000)
    .default(200)
    .describe(
      "How many of the last lines of each container's log are kept; 64 KiB at most, 256 KiB of all together",
    ),
});
export type EvidenceOptions = z.output<typeof evidenceOptions>;

export interface EvidenceParts {
  /** null without a Docker engine. */
  readonly docker: Docker | null;
  /** Present readings of the target's rules, one line each; null where nothing reads. */
  readonly readings: ((target: Target) => readonly string[]) | null;
}

/**
 * Keeps what the containers of the target said and were before anything changes: their last log lines, their inspection
 * without any value of environment or command, and the present readings. It changes nothing, and what cannot be had does
 * not stop a rollback: the evidence then says why it is missing.
 */
export function evidenceDriver({ docker, readings }: EvidenceParts): Driver<EvidenceOptions> {
  return {
    kind: 'evidence',
    effect: 'cas',
    risk: 'safe',
    options: evidenceOptions,
    deadlineMs: 30 * SECOND,
    needsRelease: false,
    read: async () => ({ identity: 'evidence', detail: {} }),
    preflight: async () => [],
    describe: (step) => {
      const { logs } = evidenceOptions.parse(step.options);
      const witnesses = witnessesOf(step.target);
      if (witnesses === null || docker === null) return 'keep the present readings as evidence';
      return `keep the last ${logs} log lines and the inspection of ${witnesses}, and the present readings, as evidence`;
    },
    async apply(step, _opId, signal) {
      const { logs } = evidenceOptions.parse(step.options);
      const isDumb = docker === null || witnessesOf(step.target) === null;
      const seen = isDumb ? {} : await hear(docker, step.target, logs, signal);
      const lines = readings?.(step.target) ?? [];
      const evidence = { ...seen, ...(lines.length > 0 ? { readings: cap(lines.join('\n')) } : {}) };
      const names = Object.keys(evidence);
      return { ended: 'done', detail: `kept ${names.length === 0 ? 'nothing' : names.join(', ')}`, evidence };
    },
    probe: async () => 'not_done',
    byHand({ target: { container, stack, swarm } }) {
      if (stack !== null)
        return [asShell(['docker', 'compose', '--project-name', stack.project, 'logs', '--tail', '500'])];
      if (swarm !== null) return [asShell(['docker', 'service', 'logs', '--tail', '500', swarm.service])];
      if (container === null) return [];
      return [
        asShell(['docker', 'logs', '--tail', '500', container]),
        asShell(['docker', 'inspect', container]),
      ];
    },
  };
}
