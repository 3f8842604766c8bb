import { crc32 } from 'node:zlib';

/** Sums stay whole numbers: a row adds less than 2^32. */
const modulus = 2 ** 52;

/**
 * Rows as they pass, and a digest of them that their order has no part in: the sum of their checksums. One changed row goes
 * unseen once in 2^32; it is no proof against whoever wants that.
 */
export class RowSum {
  #rows = 0;
  #sum = 0;
  #begun = 0;

  get rows(): number {
    return this.#rows;
  }

  get digest(): string {
    return this.#sum.toString(16).padStart(13, '0');
  }

  /** Takes the beginning of a row, or more of one that was begun. */
  begin(part: Buffer): void {
    this.#begun = crc32(part, this.#begun);
  }

  /** Takes the rest of a row, or all of one. */
  end(part: Buffer): void {
    this.#sum = (this.#sum + scattered(crc32(part, this.#begun))) % modulus;
    this.#rows += 1;
    this.#begun = 0;
  }
}

/**
 * Checksums of this kind are linear: values that changed places between rows would add up to nearly the same. The
 * finalizer of MurmurHash3 undoes that.
 */
function scattered(checksum: number): number {
  let bits = checksum;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85_eb_ca_6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2_b2_ae_35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
