import { z } from 'zod';
import { saslMechanisms, type KafkaStore } from '../domain/data-store.ts';
import type { Place } from './place.ts';
import type { ReadingContext } from './reading-context.ts';
import { text } from './scalars.ts';
import { secretAt, secretReference } from './secrets.ts';

const broker = z.string().regex(/^[A-Za-z0-9_.-]+:[1-9]\d{0,4}$/, 'expected HOST:PORT, e.g. kafka:9092');

/** The keys of a data store of kind `kafka`. */
export const kafkaStoreShape = {
  brokers: z.array(broker).min(1).describe('Some of the brokers, as HOST:PORT; they name the others'),
  user: text.optional().describe('Who logs in by SASL; nobody unless stated'),
  password: secretReference.optional().describe('Of the user'),
  mechanism: z.enum(saslMechanisms).optional().describe('Of SASL; PLAIN unless stated'),
  tls: z.boolean().optional().describe('Whether the brokers speak TLS; false unless stated'),
};

/** Reads one; null where it cannot be used, which the place was told. */
export async function readKafkaStore(
  place: Place,
  name: string,
  context: ReadingContext,
): Promise<KafkaStore | null> {
  const { brokers, user = null, mechanism = 'PLAIN', tls = false } = place.fields(kafkaStoreShape);
  const password = await secretAt(place.at('password'), context);
  if (password !== null && user === null) place.at('password').problem('needs a user beside it');
  if (user !== null && password === null) place.at('user').problem('needs a password beside it');
  return brokers === undefined ? null : { kind: 'kafka', name, brokers, user, password, mechanism, tls };
}
