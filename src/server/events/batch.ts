import type { Entry } from '../../domain/ports/store.ts';

/** Entries that were read once for everybody who follows the journal. */
export interface Batch {
  /** Number of the last entry in it. */
  readonly to: number;
  /** What a stream writes that stands at `position`: events of one incident or of all, or '' when none concerns it. */
  textFor(incident: string | null, position: number): string;
}

/** How many short texts are kept, for streams that come back after the same loss. */
const keptTexts = 512;
const keptCharacters = 16 * 1024;

/** Turns entries into events, each once as long as it is asked for again soon. Memory is bounded: 8 MiB or so. */
export class EventTexts {
  readonly #texts = new Map<number, string>();

  of(entry: Entry): string {
    const before = this.#texts.get(entry.seq);
    if (before !== undefined) return before;
    const text = eventOf(entry);
    if (text.length > keptCharacters) return text;
    this.#texts.set(entry.seq, text);
    const [oldest] = this.#texts.keys();
    if (this.#texts.size > keptTexts && oldest !== undefined) this.#texts.delete(oldest);
    return text;
  }
}

/** Makes a batch of entries that follow `from`; what many streams ask for is put together once. */
export function batch(from: number, entries: readonly Entry[], texts: EventTexts): Batch {
  const whole = new Map<string | null, string>();
  const textAfter = (incident: string | null, position: number): string =>
    entries
      .filter((entry) => entry.seq > position && (incident === null || entry.incident === incident))
      .map((entry) => texts.of(entry))
      .join('');
  return {
    to: entries.at(-1)?.seq ?? from,
    textFor: (incident, position) => {
      if (position > from) return textAfter(incident, position);
      const text = whole.get(incident) ?? textAfter(incident, from);
      whole.set(incident, text);
      return text;
    },
  };
}

/** `data` is one line: JSON has no bare line breaks. */
function eventOf(entry: Entry): string {
  return `id: ${entry.seq}\nevent: ${entry.type.replace(/[\r\n]/g, ' ')}\ndata: ${JSON.stringify(entry)}\n\n`;
}
