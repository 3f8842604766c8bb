/** Reads older than this say nothing about the next ones. */
const worthMs = 10_000;
/** Reads that follow one another within this are one: however many rules there are, few are remembered. */
const oneReadMs = 20;
const remembered = worthMs / oneReadMs;
/** How long before the readers a page is scraped, beside what its scrape takes. */
const leadMs = 40;
/** A page that is this near to its best instant stays where it is. */
const nearEnoughMs = 25;
/** Pages that are scraped less often keep to their own grid: for them, spreading the load matters more. */
const oftenMs = 2_000;

/**
 * When rules ask: so that a page that is scraped every second or two is scraped right before them, and what it says
 * is a rule's business within a fraction of the interval rather than after a whole one.
 */
export class Phase {
  #reads: number[] = [];

  /** Somebody asks at this instant, epoch ms. */
  read(at: number): void {
    if (at - (this.#reads.at(-1) ?? -Infinity) < oneReadMs) return;
    this.#reads.push(at);
    if (this.#reads.length > 2 * remembered) this.#reads = this.#reads.slice(-remembered);
  }

  /**
   * Moves a slot of a page right before the readers, by less than half an interval either way.
   *
   * @param tookMs what a scrape of the page takes
   */
  adjusted(slot: number, { everyMs, tookMs, now }: { everyMs: number; tookMs: number; now: number }): number {
    const first = everyMs > oftenMs ? null : this.#firstReader(everyMs, now);
    if (first === null) return slot;
    const lead = Math.min(leadMs + 1.5 * tookMs, everyMs / 2);
    const ahead = modulo(first - lead - slot, everyMs);
    const shift = Math.round(ahead > everyMs / 2 ? ahead - everyMs : ahead);
    if (Math.abs(shift) <= nearEnoughMs) return slot;
    const moved = slot + shift;
    return moved < now + everyMs / 4 ? moved + everyMs : moved;
  }

  /** Readers come in a bunch, interval after interval: where in the interval the bunch begins. */
  #firstReader(everyMs: number, now: number): number | null {
    const places = this.#reads
      .filter((at) => now - at <= worthMs)
      .map((at) => modulo(at, everyMs))
      .sort((a, b) => a - b);
    let first: number | null = null;
    let widest = -1;
    for (const [index, place] of places.entries()) {
      const before = places[index - 1] ?? (places.at(-1) ?? place) - everyMs;
      if (place - before > widest) [first, widest] = [place, place - before];
    }
    return first;
  }
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}
