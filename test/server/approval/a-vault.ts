import { createHmac } from 'node:crypto';
import type { Vault } from '../../../src/domain/ports/vault.ts';

/** Signs as a daemon with a key file of its own does. */
export function aVault(key: string): Pick<Vault, 'sign'> {
  return { sign: (use, text) => createHmac('sha256', `${key} ${use}`).update(text).digest('base64url') };
}
