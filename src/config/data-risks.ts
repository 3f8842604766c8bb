import { z } from 'zod';
import {
  lossRisks,
  migrationWords,
  moreCareful,
  type DataRisk,
  type DataRisks,
} from '../domain/data-risk.ts';
import { dataStoreKinds, type DataStoreKind } from '../domain/data-store.ts';
import type { Place } from './place.ts';
import { text } from './scalars.ts';
import { nearest } from './suggest.ts';

/** The keys of a row. */
export const dataRiskShape = {
  risk: z.enum(lossRisks).describe('How much a rollback or migration may cost, though a backup is there'),
  migration: z
    .enum(migrationWords)
    .describe(
      'yes: behind a backup, unless the risk is none; caution: also at the word of a person; no: also with the volumes in the same set',
    ),
  note: text.describe('Why, for people'),
};

/** The tables of all packs as one: where two speak of the same kind of store, the more careful row holds. */
export function readDataRisks(places: readonly Place[]): DataRisks {
  const risks: Partial<Record<DataStoreKind, DataRisk>> = {};
  for (const [word, at] of places.flatMap((place) => place.entries('rows by kind of data store'))) {
    const kind = dataStoreKinds.find((known) => known === word);
    if (kind === undefined) {
      const near = nearest(word, dataStoreKinds);
      const advice = near === null ? `known: ${dataStoreKinds.join(', ')}` : `did you mean ${near}?`;
      at.problem(`is no kind of data store; ${advice}`, 'key');
    }
    const row = readRow(at);
    if (kind === undefined || row === null) continue;
    const other = risks[kind];
    risks[kind] = other === undefined ? row : moreCareful(other, row);
  }
  return risks;
}

function readRow(place: Place): DataRisk | null {
  const { risk, migration, note } = place.fields(dataRiskShape);
  return risk === undefined || migration === undefined || note === undefined
    ? null
    : { risk, migration, note };
}
