import { firstSchema } from './0001-first-schema.ts';
import { people } from './0002-people.ts';
import { waitingMessages } from './0003-waiting-messages.ts';
import { dataIntegrity } from './0004-data-integrity.ts';
import type { Migration } from './migration.ts';

/** Every migration there is, oldest first; versions count from 1 without a gap. */
export const migrations: readonly Migration[] = [firstSchema, people, waitingMessages, dataIntegrity];
