/** Calendar times of five-field cron expressions, in the daemon's time zone. */
export interface Crontab {
  /** null when the expression is valid, else why it is not. */
  problem(expression: string): string | null;
  /** The last occurrence in `(from, to]`, epoch ms, or null. */
  lastWithin(expression: string, from: number, to: number): number | null;
  /** Calls back at each occurrence until the returned function is called. */
  schedule(expression: string, call: () => void): () => void;
}
