const lent = new WeakSet<ArrayBuffer>();

/** Says that nobody else holds on to the memory of these pieces: whoever reads them last may give it back. */
export function lend({ buffer }: Buffer): void {
  if (buffer instanceof ArrayBuffer) lent.add(buffer);
}

/**
 * Frees memory that was lent, rather than when garbage is collected: a whole dump passes before that. Of memory that was
 * handed out in several pieces, the last has to come last; whatever else is given stays as it is.
 */
export function giveBack({ buffer, byteOffset, length }: Buffer): void {
  if (buffer instanceof ArrayBuffer && lent.has(buffer) && byteOffset + length === buffer.byteLength)
    buffer.transfer(0);
}
