/** What is signed or kept as a keyed hash; each under a key of its own, so that no signature serves another use. */
export type SignatureUse = 'approval link' | 'approval page' | 'one-time code';

/** Seals recorded specifications, which hold secrets, under the key file made at the first start. */
export interface Vault {
  /** AES-256-GCM, with a fresh nonce; base64 text. */
  seal(plain: string): string;
  /** Rejects text that was changed or sealed under another key with `ANSWER_INVALID`. */
  open(sealed: string): string;
  /** HMAC-SHA-256 in hex: equal specifications give equal digests, and nothing can be guessed from one. */
  digest(plain: string): string;
  /**
   * HMAC-SHA-256 in base64url, under a key that comes from the key file alone: a signature stays valid for as long as
   * that file is the same.
   */
  sign(use: SignatureUse, text: string): string;
}
