/** Seals recorded specifications, which hold secrets, under the key file made at the first start. */
export interface Vault {
  /** AES-256-GCM, with a fresh nonce; base64 text. */
  seal(plain: string): string;
  /** Rejects text that was changed or sealed under another key with `ANSWER_INVALID`. */
  open(sealed: string): string;
  /** HMAC-SHA-256 in hex: equal specifications give equal digests, and nothing can be guessed from one. */
  digest(plain: string): string;
}
