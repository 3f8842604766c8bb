import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { until } from './until.ts';

/** A real terminal with a shell in it, as somebody has it who came by SSH. */
export class Tmux implements Disposable {
  readonly #socket = `rollbackd-${randomUUID()}`;

  constructor({
    columns,
    rows,
    environment,
  }: {
    columns: number;
    rows: number;
    environment: Record<string, string>;
  }) {
    const variables = Object.entries(environment).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
    const size = ['-x', String(columns), '-y', String(rows)];
    this.#tmux('new-session', '-d', ...size, ...variables, 'env', 'PS1=$ ', 'sh');
  }

  /** Keys by tmux's names (`Enter`, `Down`), or characters. */
  press(...keys: readonly string[]): void {
    this.#tmux('send-keys', ...keys);
  }

  /** Characters as they are. */
  type(text: string): void {
    this.#tmux('send-keys', '-l', text);
  }

  resize(columns: number, rows: number): void {
    this.#tmux('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** What can be read on it. */
  text(): string {
    return this.#tmux('capture-pane', '-p');
  }

  /** Waits until something can be read on it. */
  async shows(what: string | RegExp): Promise<string> {
    const found = async (): Promise<string | null> => {
      const text = this.text();
      return (typeof what === 'string' ? text.includes(what) : what.test(text)) ? text : null;
    };
    return until(`the terminal shows ${what}`, found, { withinMs: 20_000, context: () => this.text() });
  }

  async hides(what: string): Promise<string> {
    const gone = async (): Promise<string | null> => (this.text().includes(what) ? null : this.text());
    return until(`the terminal does not show ${what}`, gone, {
      withinMs: 20_000,
      context: () => this.text(),
    });
  }

  /** The process that the shell runs now. */
  child(): number {
    const shell = this.#tmux('display-message', '-p', '#{pane_pid}').trim();
    return Number(readFileSync(`/proc/${shell}/task/${shell}/children`, 'utf8').trim().split(' ')[0]);
  }

  [Symbol.dispose](): void {
    this.#tmux('kill-server');
  }

  #tmux(...args: readonly string[]): string {
    return execFileSync('tmux', ['-L', this.#socket, '-f', '/dev/null', ...args], { encoding: 'utf8' });
  }
}
