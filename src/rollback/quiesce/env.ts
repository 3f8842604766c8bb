import { readHeldFile, replaceHeldFile } from '../../clients/files/held-file.ts';
import { outsideProblem, type FileRoots } from '../../clients/files/held-folder.ts';
import type { ProbeAnswer } from '../../domain/effect.ts';
import { digest } from '../../domain/json.ts';
import type { Step } from '../../domain/plan.ts';
import type { Driver } from '../../domain/ports/driver.ts';
import { asShell } from '../drivers/shell-text.ts';
import { flagText } from '../flags/flag-text.ts';
import type { QuiesceOptions } from './options.ts';
import { bySomebody, hasBegun, noteOf, type Ownership, type Quiescer } from './quiescer.ts';

export interface EnvParts extends Ownership {
  readonly files: FileRoots;
  /** `docker.restart`. */
  readonly restart: Driver;
}

const dotenv = flagText('dotenv');

/**
 * Holds writes off by a variable of a dotenv file, and a restart of the container that reads it. Afterwards the variable
 * is as it was, whatever else of the file was changed meanwhile.
 */
export function envQuiescer(
  { file, key, value, restart }: NonNullable<QuiesceOptions['env']>,
  step: Step,
  parts: EnvParts,
): Quiescer {
  const { files } = parts;
  const restarting: Step = {
    ...step,
    kind: 'docker.restart',
    options: parts.restart.options.parse({}),
    target: { ...step.target, container: restart.container },
  };
  const present = async (): Promise<string | null> => {
    const found = dotenv.get((await readHeldFile(file, files)).content.toString('utf8'), [key]);
    return 'is' in found ? null : String(found.value);
  };
  const write = async (wanted: string | undefined, opId: string): Promise<void> => {
    const before = await readHeldFile(file, files);
    const text = dotenv.apply(before.content.toString('utf8'), [{ path: [key], value: wanted }]);
    const content = Buffer.from(text, 'utf8');
    if (!content.equals(before.content))
      await replaceHeldFile(file, { ...before, content }, digest(opId).slice(0, 12), files);
  };
  const restarted = async (opId: string, signal: AbortSignal): Promise<string | null> => {
    const outcome = await parts.restart.apply(restarting, opId, signal);
    return outcome.ended === 'done' ? null : outcome.detail;
  };
  const isRestarted = async (opId: string, signal: AbortSignal): Promise<ProbeAnswer> =>
    parts.restart.probe(restarting, opId, signal);
  const held = (opId: string): string => `${opId}/held`;
  return {
    where: `${key} in ${file}, read by the container ${restart.container}`,
    problems: () => [outsideProblem(file, files)].filter((problem) => problem !== null),
    async look(opId, signal) {
      if ((await present()) !== value) return { is: 'open' };
      if (opId === null || !(await hasBegun(opId, parts))) return bySomebody;
      return (await isRestarted(held(opId), signal)) === 'done' ? { is: 'ours' } : { is: 'open' };
    },
    before: () => present(),
    async hold(opId, signal) {
      await write(value, opId);
      return restarted(held(opId), signal);
    },
    async letGo(opId, signal) {
      if (!(await hasBegun(opId, parts))) return null;
      const before = await noteOf(opId, parts);
      if ((await present()) === value) await write(typeof before === 'string' ? before : undefined, opId);
      return restarted(`${opId}/let-go`, signal);
    },
    renew: async () => ((await present()) === value ? null : `${key} in ${file} is no longer ${value}`),
    byHand: {
      hold: `${asShell(['docker', 'restart', restart.container])}   # after setting ${key}=${value} in ${file}`,
      letGo: `${asShell(['docker', 'restart', restart.container])}   # after taking ${key} out of ${file}`,
    },
  };
}
