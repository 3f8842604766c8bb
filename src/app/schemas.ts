import type { JsonSchema } from '../config/schema/json-schema.ts';
import { mainSchema } from '../config/schema/main-schema.ts';
import { packSchema } from '../config/schema/pack-schema.ts';
import type { Surroundings } from './connections.ts';
import { registriesForReading } from './load.ts';

/** JSON Schemas of the files that people write, for their editors. */
export function schemas(surroundings: Surroundings): {
  readonly main: JsonSchema;
  readonly pack: JsonSchema;
} {
  return { main: mainSchema(), pack: packSchema(registriesForReading(surroundings)) };
}
