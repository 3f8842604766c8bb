import { canonical, type Json } from '../../src/domain/json.ts';
import type { InboxRow } from '../../src/domain/ports/store.ts';

/** An inbox in memory, with a readable log. */
export class FakeInbox {
  readonly rows = new Map<string, InboxRow>();
  readonly log: string[] = [];

  async receive(rows: readonly Omit<InboxRow, 'answer'>[]): Promise<readonly (InboxRow | null)[]> {
    return rows.map((row) => {
      const key = `${row.source} ${row.key}`;
      const before = this.rows.get(key) ?? null;
      this.log.push(`${before === null ? 'new' : 'again'} ${key}`);
      if (before === null) this.rows.set(key, { ...row, answer: null });
      return before;
    });
  }

  async answered({ source, key }: Pick<InboxRow, 'source' | 'key'>, answer: Json): Promise<void> {
    const row = this.rows.get(`${source} ${key}`);
    if (row !== undefined) this.rows.set(`${source} ${key}`, { ...row, answer });
    this.log.push(`answered ${source} ${key}: ${canonical(answer)}`);
  }
}
