import type { Size } from './frame.ts';

/** A terminal whose whole screen may be taken, with somebody at its keys. */
export interface Terminal {
  size(): Size;
  write(text: string): void;
  /** Takes the screen and the keys. What was there comes back when it is left, however the program ends. */
  take(on: {
    /** What was typed at once. */
    readonly keys: (sent: string) => void;
    /** The size changed, or the screen has to be drawn anew. */
    readonly redraw: () => void;
    /** Nobody is there any more. */
    readonly gone: () => void;
  }): () => void;
}
