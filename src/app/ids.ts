import { randomBytes } from 'node:crypto';
import type { Ids } from '../domain/ports/ids.ts';

/** Letters and digits that are not mistaken for each other when read aloud. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** Random ids of six characters: a billion of them, for the few hundred incidents of a store. */
export const randomIds: Ids = {
  next: (prefix) =>
    `${prefix}-${[...randomBytes(6)].map((byte) => alphabet[byte % alphabet.length]).join('')}`,
  unguessable: () => randomBytes(16).toString('base64url'),
};
