import { readFileSync } from 'node:fs';

const lookEveryMs = 2;

/** Programs that a daemon starts by itself, as a dump of a database, kept where they are by a signal. */
export class HeldTools {
  /** The daemon whose children they are. */
  daemon: number | null = null;
  readonly #stopped = new Map<number, string>();

  /** What is kept, as in `tool mariadb-dump`. */
  atWork(): readonly string[] {
    return [...this.#stopped].filter(([pid]) => isThere(pid)).map(([, work]) => work);
  }

  /** Stops the first such program at its work, until the returned function is called. */
  hold(work: string): () => void {
    const looking = setInterval(() => {
      const [pid] = this.#atWorkOn(work.replace('tool ', ''));
      if (pid === undefined) return;
      clearInterval(looking);
      process.kill(pid, 'SIGSTOP');
      this.#stopped.set(pid, work);
    }, lookEveryMs);
    return () => {
      clearInterval(looking);
      for (const pid of this.#stopped.keys()) if (isThere(pid)) process.kill(pid, 'SIGCONT');
    };
  }

  #atWorkOn(name: string): number[] {
    const children = textOf(`/proc/${this.daemon}/task/${this.daemon}/children`).split(' ');
    return children
      .filter((pid) => pid !== '' && textOf(`/proc/${pid}/comm`).trim() === name)
      .filter((pid) => isWorking(textOf(`/proc/${pid}/cmdline`)))
      .map(Number);
  }
}

/** Not who is asked for its version, nor who has ended: nobody is told its arguments any more. */
function isWorking(cmdline: string): boolean {
  return cmdline !== '' && !cmdline.includes('--version');
}

function isThere(pid: number): boolean {
  const status = textOf(`/proc/${pid}/status`);
  return status !== '' && !/^State:\s*Z/m.test(status);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
