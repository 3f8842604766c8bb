import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { plainPart, plainWatched, type DataPart } from './data-part.ts';

/** Starts the service of a folder, which notes each start. */
export const serviceProgram = join(import.meta.dirname, '..', 'programs', 'service.sh');

/** Where a service of a stage keeps its notes. */
export function serviceFolder(folder: string, name: string): string {
  return `${folder}.${name}`;
}

/** A process that no container engine looks after, with its number in a file. */
export function dataProcess(folder: string, step: 'stopped' | 'restarted'): DataPart {
  const home = serviceFolder(folder, step);
  const pid = (): number | null => {
    const path = join(home, 'pid');
    return existsSync(path) ? Number(readFileSync(path, 'utf8')) : null;
  };
  const end = (): void => {
    if (isAlive(pid())) process.kill(pid() ?? 0, 'SIGKILL');
  };
  const reset = async (): Promise<void> => {
    end();
    rmSync(home, { recursive: true, force: true });
    mkdirSync(home, { recursive: true });
    execFileSync(serviceProgram, ['start', home]);
  };
  const starts = (): number => readFileSync(join(home, 'starts'), 'utf8').split('\n').length - 1;
  const looks = {
    stopped: () => (isAlive(pid()) ? `runs since start ${starts()}` : 'stopped'),
    restarted: () => `${starts()} starts`,
  };
  return {
    ...plainPart,
    watched: [{ ...plainWatched, step, look: async () => looks[step](), reset }],
    lay: reset,
    held: async () => (isAlive(pid()) ? [] : [`the process of ${join(home, 'pid')}`]),
    async close() {
      end();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** One that ended and that nobody has asked about yet has ended. */
function isAlive(pid: number | null): boolean {
  try {
    return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
