import { z } from 'zod';
import type { EffectRecords } from '../../clients/files/records.ts';
import type { Kafka, Offset } from '../../clients/kafka/kafka.ts';
import { crashPoint } from '../../domain/crash-point.ts';
import type { EffectOutcome } from '../../domain/effect.ts';
import { failed } from '../settled.ts';
import { placeIn, type OffsetChange } from './aims.ts';
import type { OffsetOptions } from './options.ts';

/** What one reset works with. */
export interface Resetting {
  readonly kafka: Kafka;
  readonly records: EffectRecords;
  readonly options: OffsetOptions;
  readonly opId: string;
  /** From where to where; asked once, and noted. */
  readonly changes: () => Promise<readonly OffsetChange[]>;
}

const noted = z.object({
  phase: z.enum(['resetting', 'done']),
  changes: z.array(
    z.object({
      topic: z.string(),
      partition: z.number(),
      from: z.number().nullable(),
      to: z.number(),
    }),
  ),
});
type Noted = z.output<typeof noted>;

/** The note of an effect; null: it was never begun. */
export async function noteOf(records: EffectRecords, opId: string): Promise<Noted | null> {
  const found = await records.read(opId);
  return found === null ? null : noted.parse(found);
}

/** Notes where the group stood, commits, reads back. A repeat commits the same again. */
export async function resetOffsets({
  kafka,
  records,
  options,
  opId,
  changes,
}: Resetting): Promise<EffectOutcome> {
  const { group } = options;
  const begun = await noteOf(records, opId);
  if (begun?.phase === 'done') return { ended: 'done', detail: `${group} had already been reset` };
  const busy = busyWith(group, await kafka.members(group));
  if (busy !== null) return failed(busy);
  const note: Noted = begun ?? { phase: 'resetting', changes: [...(await changes())] };
  if (begun === null) await records.write(opId, note);
  crashPoint('effect.call.between');
  if (note.changes.length > 0) await kafka.commit(group, note.changes.map(aimed));
  crashPoint('effect.call.between');
  const now = await kafka.committed(group);
  const wrong = note.changes.filter((change) => placeIn(now, change)?.offset !== change.to);
  if (wrong.length > 0)
    return failed(`${group} does not read back: ${wrong.map(shown).join(', ')} is not there`);
  await records.write(opId, { ...note, phase: 'done' });
  const said =
    note.changes.length === 0 ? 'is there already' : `set to ${note.changes.map(shown).join(', ')}`;
  return { ended: 'done', detail: `${group} ${said}` };
}

/** Puts the group where it stood, where nobody has moved it since. */
export async function undoReset({
  kafka,
  records,
  options,
  opId,
}: Omit<Resetting, 'changes'>): Promise<EffectOutcome> {
  const { group } = options;
  const note = await noteOf(records, opId);
  if (note === null) return { ended: 'done', detail: `${group} had not been reset` };
  const busy = busyWith(group, await kafka.members(group));
  if (busy !== null) return failed(busy);
  const now = await kafka.committed(group);
  const back: Offset[] = [];
  let left = 0;
  for (const change of note.changes) {
    const { topic, partition, from } = change;
    const at = placeIn(now, change)?.offset ?? null;
    if (at === from) continue;
    if (at === change.to && from !== null) back.push({ topic, partition, offset: from });
    else left += 1;
  }
  if (back.length > 0) await kafka.commit(group, back);
  const said = `${group}: ${back.length} partitions are where they were`;
  if (left === 0) return { ended: 'done', detail: said };
  return failed(`${said}; ${left} were moved since, or had no offset before, and are left as they are`);
}

/** Why a group cannot be reset now; null: it can. */
export function busyWith(group: string, members: readonly string[]): string | null {
  if (members.length === 0) return null;
  const named = members.slice(0, 3).map((member) => JSON.stringify(member));
  return `${group} has ${members.length} members (${named.join(', ')}), which would overwrite its offsets; stop them first`;
}

/** `orders/0: 7 → 5` */
export function shown({ topic, partition, from, to }: OffsetChange): string {
  return `${topic}/${partition}: ${from ?? 'none'} → ${to}`;
}

function aimed({ topic, partition, to: offset }: OffsetChange): Offset {
  return { topic, partition, offset };
}
