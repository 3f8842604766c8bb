import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { z } from 'zod';
import { tailOf, type ProcessRequest, type Processes } from '../../clients/process/runner.ts';
import type { EffectOutcome, ProbeAnswer } from '../../domain/effect.ts';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import type { Driver } from '../../domain/ports/driver.ts';
import type { Finding, Step } from '../../domain/plan.ts';
import { MINUTE, SECOND } from '../../domain/time.ts';
import { asShell } from './shell-text.ts';

const vector = z
  .array(z.string())
  .min(1, 'expected a program and its arguments, e.g. [systemctl, restart, shop]');

const schema = z.strictObject({
  run: vector.describe('A program of allowed_programs and its arguments'),
  undo: vector.optional().describe('Compensates for `run` when a later step fails'),
  probe: vector
    .optional()
    .describe('Says whether `run` happened: exit 0 done, 1 not done, 2 partly, anything else unknown'),
  cwd: z.string().startsWith('/', 'expected an absolute path').optional().describe('Folder that it runs in'),
  env: z
    .record(
      z
        .string()
        .regex(/^(?!ROLLBACKD_)[A-Za-z_]\w*$/, 'expected a variable name; ROLLBACKD_… are set by rollbackd'),
      z.string(),
    )
    .optional()
    .describe('Variables of its environment'),
});
export type CommandOptions = z.output<typeof schema>;

const probeMs = 30 * SECOND;
const probeAnswers: Readonly<Record<number, ProbeAnswer>> = { 0: 'done', 1: 'not_done', 2: 'partial' };

/** Runs a program of the allow-list with arguments from the playbook, never through a shell. */
export function commandDriver(parts: { readonly processes: Processes }): Driver<CommandOptions> {
  const { processes } = parts;
  return {
    kind: 'command',
    effect: 'probe',
    risk: 'disruptive',
    options: schema,
    deadlineMs: 5 * MINUTE,
    needsRelease: false,
    async read(step) {
      const paths = await Promise.all(vectorsOf(step).map(([program = '']) => processes.find(program)));
      return { identity: paths.join(' '), detail: { programs: paths } };
    },
    preflight: async (step) => findings(step),
    describe: (step) => `run ${asShell(schema.parse(step.options).run)}`,
    async apply(step, opId, signal) {
      const { run } = schema.parse(step.options);
      return outcome(step, run, await processes.run(request(step, run, opId, step.deadlineMs), signal));
    },
    async probe(step, opId, signal) {
      const { probe } = schema.parse(step.options);
      // Without a question to ask, whether the program did its work is unknown, and a person decides.
      if (probe === undefined) return 'unknown';
      return ask(processes, { ...request(step, probe, null, probeMs), env: environment(step, opId) }, signal);
    },
    undoable: (step) => schema.parse(step.options).undo !== undefined,
    async undo(step, opId, signal) {
      const { undo } = schema.parse(step.options);
      if (undo === undefined)
        return { ended: 'failed', detail: 'the step declares no undo command', retryable: false };
      return outcome(step, undo, await processes.run(request(step, undo, opId, step.deadlineMs), signal));
    },
    byHand(step) {
      const { run, cwd } = schema.parse(step.options);
      return cwd === undefined ? [asShell(run)] : [`cd ${asShell([cwd])}`, asShell(run)];
    },
  };
}

function vectorsOf(step: Step): (readonly string[])[] {
  const { run, undo, probe } = schema.parse(step.options);
  return [run, undo, probe].filter((argv) => argv !== undefined);
}

async function findings(step: Step): Promise<Omit<Finding, 'step'>[]> {
  const { cwd, probe } = schema.parse(step.options);
  const found: Omit<Finding, 'step'>[] = [];
  if (cwd !== undefined)
    await access(cwd, constants.R_OK | constants.X_OK).catch((error: unknown) => {
      found.push({ level: 'refuse', message: `cannot work in ${cwd}: ${messageOf(error)}` });
    });
  if (probe === undefined)
    found.push({
      level: 'warn',
      message: 'declares no probe: if rollbackd is interrupted while it runs, the incident is handed over',
    });
  return found;
}

function request(
  step: Step,
  run: readonly string[],
  opId: string | null,
  deadlineMs: number,
): ProcessRequest {
  const { cwd } = schema.parse(step.options);
  return { run, opId, env: environment(step, opId), deadlineMs, ...(cwd === undefined ? {} : { cwd }) };
}

function environment(step: Step, opId: string | null): Record<string, string> {
  return {
    ...schema.parse(step.options).env,
    ROLLBACKD_TARGET: step.target.name,
    ROLLBACKD_FROM: step.from?.id ?? '',
    ROLLBACKD_TO: step.to?.id ?? '',
    ...(opId === null ? {} : { ROLLBACKD_OP_ID: opId }),
  };
}

function outcome(
  step: Step,
  run: readonly string[],
  result: {
    readonly exitCode: number | null;
    readonly signal: string | null;
    readonly output: string;
    readonly outputFile: string;
  },
): EffectOutcome {
  const tail = tailOf(result.output);
  const said = tail === '' ? 'it printed nothing' : `it printed: ${tail}`;
  if (result.exitCode === 0)
    return {
      ended: 'done',
      detail: `${asShell(run)} ended with 0; ${said}`,
      evidence: { output: result.outputFile },
    };
  const how = result.exitCode === null ? `was ended by ${result.signal}` : `ended with ${result.exitCode}`;
  return { ended: 'failed', detail: `${asShell(run)} ${how}; ${said}`, retryable: step.retries > 0 };
}

async function ask(processes: Processes, asked: ProcessRequest, signal: AbortSignal): Promise<ProbeAnswer> {
  try {
    const { exitCode } = await processes.run(asked, signal);
    return probeAnswers[exitCode ?? -1] ?? 'unknown';
  } catch (error) {
    if (error instanceof RollbackError && error.code !== 'ABORTED') return 'unknown';
    throw error;
  }
}
