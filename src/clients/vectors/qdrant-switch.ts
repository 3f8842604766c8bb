import { crashPoint } from '../../domain/crash-point.ts';
import { RollbackError } from '../../domain/errors.ts';
import { aliasesOf, baseOf, besideOf, inUse, standing, type Collections } from './collection-names.ts';
import type { AliasAction, Qdrant } from './qdrant.ts';

/**
 * Makes what stands beside by a suffix the one in use.
 *
 * Where clients use aliases, all of them are led to the restored collection in one step of the server's, and the one before
 * stays as it is, with an alias that names it as kept. A collection that is used by its own name cannot be renamed: a copy of it is made beside, and then
 * the restored one is written over it, which is no single step; nobody should read or write meanwhile. A repeat finishes what was begun.
 */
export async function switchQdrant(qdrant: Qdrant, scratch: string, keepAs: string): Promise<void> {
  const kept = keptSuffix(scratch, keepAs);
  const there = await present(qdrant);
  for (const [base, collection] of standing(there, scratch)) {
    if (inUse(there, base) === collection) continue;
    const work = { qdrant, base, collection, beside: besideOf(base, scratch), keep: besideOf(base, kept) };
    await (aliasesOf(there, base).size > 0 ? leadTo(work, there) : writeOver(work, there));
    crashPoint('effect.call.between');
  }
}

/** How far a switch came. */
export async function qdrantSwitched(
  qdrant: Qdrant,
  scratch: string,
  keepAs: string,
): Promise<'done' | 'partial' | 'not_done'> {
  const there = await present(qdrant);
  const waiting = [...standing(there, scratch)].filter(([base, one]) => inUse(there, base) !== one);
  const kept = standing(there, keptSuffix(scratch, keepAs));
  if (kept.size === 0) return 'not_done';
  return waiting.length === 0 ? 'done' : 'partial';
}

/** Removes what stands beside by a suffix, and is not in use. */
export async function dropQdrant(qdrant: Qdrant, which: string): Promise<void> {
  for (const suffix of [which, `${which}-old`]) {
    const there = await present(qdrant);
    for (const [base, collection] of standing(there, suffix)) {
      if (inUse(there, base) !== collection) await qdrant.remove(collection);
      await unmark(qdrant, [besideOf(base, suffix), wholeMark(besideOf(base, suffix))]);
    }
  }
}

/** Where one suffix is given for both, what is kept has one of its own. */
function keptSuffix(scratch: string, keepAs: string): string {
  return scratch === keepAs ? `${keepAs}-old` : keepAs;
}

async function present(qdrant: Qdrant): Promise<Collections> {
  return { collections: await qdrant.collections(), aliases: await qdrant.aliases() };
}

interface Switching {
  readonly qdrant: Qdrant;
  /** As people know it. */
  readonly base: string;
  /** What becomes the one in use. */
  readonly collection: string;
  /** The name that it stands beside by: its own, or that of an alias. */
  readonly beside: string;
  /** The name that what is in use is kept by. */
  readonly keep: string;
}

/** All aliases in one request: the server carries out all of it, or nothing. */
async function leadTo(
  { qdrant, base, collection, beside, keep }: Switching,
  there: Collections,
): Promise<void> {
  const before = inUse(there, base);
  const moved = [...aliasesOf(there, base).keys()].flatMap((alias): readonly AliasAction[] => [
    { delete_alias: { alias_name: alias } },
    { create_alias: { alias_name: alias, collection_name: collection } },
  ]);
  const marks: AliasAction[] = [];
  if (before !== null && before !== keep)
    marks.push({ create_alias: { alias_name: keep, collection_name: before } });
  if (there.aliases.has(beside)) marks.push({ delete_alias: { alias_name: beside } });
  await qdrant.changeAliases([...moved, ...marks]);
}

/** An alias that says of a copy that it is whole. */
function wholeMark(keep: string): string {
  return `${keep}-whole`;
}

async function writeOver({ qdrant, base, collection, keep }: Switching, there: Collections): Promise<void> {
  const whole = wholeMark(keep);
  if (!there.aliases.has(whole)) {
    if (there.collections.includes(base)) {
      await copyOver(qdrant, base, keep);
      crashPoint('effect.call.between');
      await qdrant.changeAliases([{ create_alias: { alias_name: whole, collection_name: keep } }]);
    } else {
      // Nothing is there to be kept: the mark leads to the restored one until that is in its place.
      await qdrant.changeAliases([{ create_alias: { alias_name: whole, collection_name: collection } }]);
    }
    crashPoint('effect.call.between');
  }
  await copyOver(qdrant, collection, base);
  crashPoint('effect.call.between');
  if (!(await qdrant.collections()).includes(keep) && !there.aliases.has(keep))
    await qdrant.changeAliases([
      { delete_alias: { alias_name: whole } },
      { create_alias: { alias_name: whole, collection_name: base } },
      { create_alias: { alias_name: keep, collection_name: base } },
    ]);
  crashPoint('effect.call.between');
  await qdrant.remove(collection);
}

/** By a snapshot that passes through here: the server offers no other way that needs nothing of its disk or network. */
async function copyOver(qdrant: Qdrant, from: string, to: string): Promise<void> {
  const points = await qdrant.count(from);
  const snapshot = await qdrant.snapshot(from);
  try {
    await qdrant.recover(to, snapshot, (await qdrant.download(snapshot)) as AsyncIterable<Buffer>);
  } finally {
    await qdrant.removeSnapshot(snapshot).catch(() => {});
  }
  const there = await qdrant.count(to);
  if (there === points) return;
  throw new RollbackError(
    'EFFECT_UNKNOWN',
    `${baseOf(to)}: ${there} points came to ${to}, and ${from} had ${points}; hold writes off, then do it again`,
  );
}

async function unmark(qdrant: Qdrant, names: readonly string[]): Promise<void> {
  const aliases = await qdrant.aliases();
  const left = names.filter((name) => aliases.has(name));
  if (left.length > 0)
    await qdrant.changeAliases(left.map((alias_name) => ({ delete_alias: { alias_name } })));
}
