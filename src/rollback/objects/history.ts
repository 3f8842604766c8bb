import type { ObjectVersion } from '../../clients/s3/versions.ts';

/** What is to become of one object. */
export interface ObjectChange {
  readonly key: string;
  /** The version that is read now; null: none is. */
  readonly from: string | null;
  /** The version that comes back; null: the object is hidden. */
  readonly to: string | null;
  /** Of the version that comes back. */
  readonly content: ObjectVersion['content'];
}

/** What stood under a prefix at an instant, against what stands there now. */
export interface Comparison {
  /** Objects at the instant. */
  readonly old: number;
  /** Objects now. */
  readonly now: number;
  readonly changes: readonly ObjectChange[];
  /** Objects that were not there at the instant, and stay. */
  readonly newer: number;
}

/** Compares histories with an instant, epoch ms. Entries of one key may come in any order. */
export function compare(entries: readonly ObjectVersion[], at: number, deleteNewer: boolean): Comparison {
  const changes: ObjectChange[] = [];
  let [old, now, newer] = [0, 0, 0];
  for (const [key, history] of byKey(entries)) {
    const current = history.find(({ latest }) => latest) ?? null;
    const wanted = entryAt(history, at);
    const from = current === null || current.content === null ? null : current.id;
    if (from !== null) now += 1;
    if (wanted !== null && wanted.content !== null) {
      old += 1;
      if (!holds(current, wanted)) changes.push({ key, from, to: wanted.id, content: wanted.content });
    } else if (from !== null && deleteNewer) changes.push({ key, from, to: null, content: null });
    else if (from !== null) newer += 1;
  }
  return { old, now, changes, newer };
}

/** Whether what is read now is what is wanted: the version itself, or a copy of it. */
export function holds(current: ObjectVersion | null, wanted: Pick<ObjectVersion, 'id' | 'content'>): boolean {
  if (current === null || current.id === wanted.id) return current !== null;
  if (current.content === null || wanted.content === null) return current.content === wanted.content;
  return current.content.bytes === wanted.content.bytes && current.content.etag === wanted.content.etag;
}

/**
 * Whether a change was made: what is read now is a copy of what was to come back. A copy of what was uploaded in parts
 * has a tag of its own: then its size has to do.
 */
export function isMade({ from, to, content }: ObjectChange, current: ObjectVersion | null): boolean {
  const now = current?.content ?? null;
  if (to === null) return now === null;
  if (current === null || now === null || content === null || current.id === from) return false;
  return now.bytes === content.bytes && (now.etag === content.etag || content.etag.includes('-'));
}

/** The histories by key, in the order of the keys. */
export function byKey(
  entries: readonly ObjectVersion[],
): readonly (readonly [string, readonly ObjectVersion[]])[] {
  const found = new Map<string, ObjectVersion[]>();
  for (const entry of entries) {
    const history = found.get(entry.key);
    if (history === undefined) found.set(entry.key, [entry]);
    else history.push(entry);
  }
  return [...found].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * The newest entry that is no younger than the instant. Servers tell whole seconds: of two in the same one, what is read
 * now is the later, and otherwise an object counts more than its removal, so that nothing is lost.
 */
function entryAt(history: readonly ObjectVersion[], at: number): ObjectVersion | null {
  let best: ObjectVersion | null = null;
  for (const entry of history) if (entry.at <= at && (best === null || isLater(entry, best))) best = entry;
  return best;
}

function isLater(entry: ObjectVersion, best: ObjectVersion): boolean {
  if (entry.at !== best.at) return entry.at > best.at;
  if (entry.latest !== best.latest) return entry.latest;
  return best.content === null && entry.content !== null;
}
