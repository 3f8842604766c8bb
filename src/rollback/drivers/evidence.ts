import { z } from 'zod';
import type { Docker } from '../../clients/docker/docker.ts';
import { inspectionText } from '../docker/inspection-text.ts';
import { secretsOf } from '../../clients/docker/secrets.ts';
import { messageOf } from '../../domain/errors.ts';
import type { Driver } from '../../domain/ports/driver.ts';
import type { Target } from '../../domain/target.ts';
import { SECOND } from '../../domain/time.ts';
import { asShell } from './shell-text.ts';

const mostBytes = 64 * 2 ** 10;

/** Options of `evidence`. */
export const evidenceOptions = z.strictObject({
  logs: z
    .int()
    .min(0)
    .max(10_000)
    .default(200)
    .describe("How many of the last lines of the container's log are kept; 64 KiB at most"),
});
export type EvidenceOptions = z.output<typeof evidenceOptions>;

export interface EvidenceParts {
  /** null without a Docker engine. */
  readonly docker: Docker | null;
  /** Present readings of the target's rules, one line each; null where nothing reads. */
  readonly readings: ((target: Target) => readonly string[]) | null;
}

/**
 * Keeps what the container said and was before anything changes: its last log lines, its inspection without any value
 * of environment or command, and the present readings. It changes nothing, and what cannot be had does not stop a
 * rollback: the evidence then says why it is missing.
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
      const { container } = step.target;
      if (container === null || docker === null) return 'keep the present readings as evidence';
      return `keep the last ${logs} log lines and the inspection of container ${container}, and the present readings, as evidence`;
    },
    async apply(step, _opId, signal) {
      const { logs } = evidenceOptions.parse(step.options);
      const { container } = step.target;
      const seen =
        container === null || docker === null ? {} : await capture(docker, container, logs, signal);
      const lines = readings?.(step.target) ?? [];
      const evidence = { ...seen, ...(lines.length > 0 ? { readings: cap(lines.join('\n')) } : {}) };
      const names = Object.keys(evidence);
      return { ended: 'done', detail: `kept ${names.length === 0 ? 'nothing' : names.join(', ')}`, evidence };
    },
    probe: async () => 'not_done',
    byHand: ({ target: { container } }) =>
      container === null
        ? []
        : [
            asShell(['docker', 'logs', '--tail', '500', container]),
            asShell(['docker', 'inspect', container]),
          ],
  };
}

async function capture(
  docker: Docker,
  name: string,
  lines: number,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  try {
    const container = await docker.container(name, signal);
    if (container === null) return { inspection: `there is no container ${name}` };
    const inspection = cap(inspectionText(container));
    if (lines === 0) return { inspection };
    const text = await docker.logs(container.id, { tail: lines, maxBytes: mostBytes - 1000 }, signal);
    return { inspection, logs: cap(hide(text, secretsOf(container.config))) };
  } catch (error) {
    if (signal.aborted) throw error;
    return { problem: messageOf(error) };
  }
}

/** Programs print their own settings. Short values are left: they would blacken half of the text. */
function hide(text: string, secrets: readonly string[]): string {
  return [...new Set(secrets)]
    .filter(({ length }) => length >= 6)
    .sort((a, b) => b.length - a.length)
    .reduce((rest, secret) => rest.replaceAll(secret, '[hidden]'), text);
}

function cap(text: string): string {
  return text.length <= mostBytes ? text : `[earlier text left out]\n${text.slice(-mostBytes)}`;
}
