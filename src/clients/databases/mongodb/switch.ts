import type { Document } from 'mongodb';
import { crashPoint } from '../../../domain/crash-point.ts';
import type { Database } from '../../../domain/data-store.ts';
import { RollbackError } from '../../../domain/errors.ts';
import { besideIn, catalogueOf, lateOf, prefixOf, switchesName, type Described } from './catalogue.ts';
import type { Mongo } from './connection.ts';

interface Words {
  readonly scratch: string;
  readonly keepAs: string;
}

/** What a switch is to do, written down before it does any of it. */
interface Plan {
  readonly _id: string;
  /** Views that were in use, as text; they belong to what is kept. */
  readonly views: string;
  readonly from: string;
  readonly live: readonly string[];
  readonly fresh: readonly string[];
  readonly isDone: boolean;
}

/**
 * Puts restored collections into the place of those in use: two renames for each, within one database, which move no
 * data and are each done whole or not at all. Views are made anew. Between the two a collection is missing: what somebody
 * writes into one that the server makes meanwhile is kept beside, too.
 *
 * The server has no rename of several at once, so what is to be done is written down first; a repeat finishes it.
 */
export async function switchMongo(mongo: Mongo, store: Database, words: Words): Promise<void> {
  const plan = (await planOf(mongo, words)) ?? (await begin(mongo, store, words));
  if (plan.isDone) return;
  const { database, asked } = mongo;
  for (const name of plan.fresh) await bring(mongo, name, plan);
  for (const name of plan.live) if (!plan.fresh.includes(name)) await keep(mongo, name, plan);
  const next = await recordOf(mongo, words.scratch);
  await exchangeViews(mongo, await viewsIn(plan.views), next === null ? [] : await viewsIn(next['views']));
  crashPoint('effect.call.between');
  const switches = database.collection(switchesName);
  const _id = plan._id as never;
  await asked('note that the switch is done', () => switches.updateOne({ _id }, { $set: { isDone: true } }));
  crashPoint('effect.call.between');
  await asked('forget what was restored', () => switches.deleteOne({ _id: words.scratch as never }));
}

/** How far a switch came. */
export async function mongoSwitched(mongo: Mongo, words: Words): Promise<'done' | 'partial' | 'not_done'> {
  const plan = await planOf(mongo, words);
  if (plan === null) return 'not_done';
  return plan.isDone ? 'done' : 'partial';
}

async function recordOf({ database, asked }: Mongo, word: string): Promise<Document | null> {
  return asked('read the switch', () => database.collection(switchesName).findOne({ _id: word as never }));
}

async function planOf(mongo: Mongo, { scratch, keepAs }: Words): Promise<Plan | null> {
  const found = await recordOf(mongo, keepAs);
  return found?.['from'] === scratch ? (found as unknown as Plan) : null;
}

async function begin(mongo: Mongo, store: Database, { scratch, keepAs }: Words): Promise<Plan> {
  if ((await recordOf(mongo, scratch)) === null)
    throw new RollbackError(
      'NOT_FOUND',
      `nothing was restored beside ${store.name} that could take its place`,
    );
  const { BSON } = await import('mongodb');
  const { collections, views } = await catalogueOf(mongo);
  const plan: Plan = {
    _id: keepAs,
    views: BSON.EJSON.stringify(views, { relaxed: false }),
    from: scratch,
    live: collections.map(({ name }) => name),
    fresh: await besideIn(mongo, prefixOf(scratch)),
    isDone: false,
  };
  crashPoint('effect.call.between');
  const { database, asked } = mongo;
  await asked('note the switch', () =>
    database.collection(switchesName).insertOne({ ...plan, _id: keepAs as never }),
  );
  crashPoint('effect.call.between');
  return plan;
}

async function bring(mongo: Mongo, name: string, plan: Plan): Promise<void> {
  const fresh = prefixOf(plan.from) + name;
  if (!(await has(mongo, fresh))) return;
  if (plan.live.includes(name)) await keep(mongo, name, plan);
  crashPoint('effect.call.between');
  // Whoever writes while a collection is missing makes a new one.
  if (await has(mongo, name)) await rename(mongo, name, lateOf(plan._id) + name);
  await rename(mongo, fresh, name);
  crashPoint('effect.call.between');
}

async function keep(mongo: Mongo, name: string, { _id }: Plan): Promise<void> {
  const kept = prefixOf(_id) + name;
  if (!(await has(mongo, kept)) && (await has(mongo, name))) await rename(mongo, name, kept);
}

async function has({ database, asked }: Mongo, name: string): Promise<boolean> {
  const found = await asked('listCollections', () =>
    database.listCollections({ name }, { nameOnly: true }).toArray(),
  );
  return found.length > 0;
}

async function rename({ database, asked }: Mongo, from: string, to: string): Promise<void> {
  await asked(`rename ${from}`, () => database.renameCollection(from, to));
}

async function viewsIn(text: unknown): Promise<readonly Described[]> {
  const { BSON } = await import('mongodb');
  return BSON.EJSON.parse(String(text), { relaxed: false }) as readonly Described[];
}

async function exchangeViews(
  mongo: Mongo,
  before: readonly Described[],
  next: readonly Described[],
): Promise<void> {
  const { database, asked } = mongo;
  for (const { name } of before)
    if (await has(mongo, name)) await asked(`drop ${name}`, () => database.collection(name).drop());
  crashPoint('effect.call.between');
  for (const { name, options } of next)
    if (!(await has(mongo, name)))
      await asked(`create ${name}`, () => database.command({ create: name, ...options }));
}
