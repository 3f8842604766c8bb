import type { Readable, Writable } from 'node:stream';
import {
  heldBy,
  holds,
  type BackedUp,
  type BackupPart,
  type BackupPolicy,
  type BackupRecipe,
  type BackupSet,
} from '../domain/backup.ts';
import { RollbackError } from '../domain/errors.ts';
import type {
  Archivist,
  BackupOccasion,
  BackupProgress,
  Backups,
  BackupSetView,
  KeptThing,
} from '../domain/ports/backups.ts';
import type { Clock } from '../domain/ports/clock.ts';
import { crashPoint } from '../domain/crash-point.ts';
import type { SetKey } from './key.ts';
import { writeManifest } from './manifest.ts';
import { implausible } from './plausible.ts';
import { pastRetention } from './retention.ts';
import type { Restoration, Restorations } from './restores.ts';
import { roomProblems } from './room.ts';
import { setBook, type SetBook } from './set-book.ts';
import { verdictFile, type Draft, type SetPlace } from './set-place.ts';
import { drain, fileOf, pour, type Storing } from './streams.ts';
import { readAgain, verifying } from './verifying.ts';

/** What the backups work with. */
export interface BackupParts {
  readonly policy: BackupPolicy;
  readonly place: SetPlace;
  readonly archivists: readonly Archivist[];
  readonly key: SetKey | null;
  readonly clock: Clock;
  /** Four letters or digits that nobody can foresee. */
  readonly chance: () => string;
  /** Version of rollbackd. */
  readonly version: string;
  /** Whether an incident is open. */
  readonly isOpen: (incident: string) => boolean;
  /** When an incident began; null: it is not known. */
  readonly began: (incident: string) => number | null;
  /** Notes of what is kept beside things in use. */
  readonly restorations: Restorations;
}

/** The backups, with what only their own room needs. */
export interface OwnBackups extends Backups {
  readonly book: SetBook;
  /** As `open`, and tells how many bytes were read. */
  openHeard(
    set: BackupSet,
    part: BackupPart,
    heard: (bytes: number) => void,
    signal: AbortSignal,
  ): Promise<Readable>;
  /** Removes what killed attempts left. @returns the ids they would have had */
  sweep(): Promise<readonly string[]>;
}

/** Sets of copies, made by archivists and kept in a place. */
export function backups(parts: BackupParts): OwnBackups {
  const { policy, place, key, archivists, clock, restorations } = parts;
  const book = setBook(place, key);
  const underWay = new Set<string>();
  const archivist = (thing: BackedUp): Archivist => {
    const found = archivists.find((known) => known.kind === thing.kind && known.handles(thing.name));
    if (found !== undefined) return found;
    throw new RollbackError('NOT_FOUND', `nothing here knows how to copy ${thing.name} (${thing.kind})`);
  };
  const work: Work = { ...parts, book, archivist, underWay };
  return {
    book,
    archivist,
    recipe: (name) => (Object.hasOwn(policy.recipes, name) ? (policy.recipes[name] ?? null) : null),
    examine: async (recipe, signal) => examine(work, recipeOf(policy, recipe), signal),
    create: async (recipe, occasion, progress, signal) =>
      create(work, recipeOf(policy, recipe), { occasion, progress, signal }),
    list: async () => (await book.views()).map(({ set }) => set),
    find: async (id) => (await book.find(id))?.set ?? null,
    async verified() {
      const views = await book.views();
      return views.flatMap(({ set, verdict }) => (verdict?.problems.length === 0 ? [set] : []));
    },
    began: parts.began,
    keep: (thing) => restorations.write(keptNow(thing, clock)),
    unkeep: ({ keepAs }) => restorations.forget(keepAs),
    madeBy: (made) => madeBy(book, made),
    async ofIncident(incident, kind, name) {
      const views = await book.views();
      const found = views.find(
        ({ set, verdict }) =>
          set.incident === incident &&
          verdict?.problems.length === 0 &&
          set.parts.some((part) => holds(part, { kind, name })),
      );
      return found?.set ?? null;
    },
    verify: verifying(work),
    open: (set, part, signal) => open(work, { set, part, signal }),
    openHeard: (set, part, heard, signal) => open(work, { set, part, heard, signal }),
    async prune(signal) {
      const { isOpen } = parts;
      const facts = { now: clock.wall(), isOpen };
      const past = pastRetention(await book.views(), policy.retention, facts);
      const gone: string[] = [];
      for (const id of past) {
        if (signal.aborted) break;
        await place.remove(id);
        gone.push(id);
      }
      return gone;
    },
    sweep: () => place.sweep(underWay),
  };
}

/** What the actions on sets share. */
export interface Work extends BackupParts {
  readonly book: SetBook;
  readonly archivist: (thing: BackedUp) => Archivist;
  readonly underWay: Set<string>;
}

interface Opening {
  readonly set: BackupSet;
  readonly part: BackupPart;
  readonly heard?: (bytes: number) => void;
  readonly signal: AbortSignal;
}

async function open({ place, key }: Work, { set, part, heard, signal }: Opening): Promise<Readable> {
  if (signal.aborted) throw new RollbackError('ABORTED', `interrupted: ${set.id} was not opened`);
  return drain(await place.open(set.id, part.file), part, { set: set.id, key }, heard);
}

/** It goes the way of what `rollbackd backup restore` keeps. */
function keptNow({ set, kind, name, keepAs }: KeptThing, clock: Clock): Restoration {
  return { id: keepAs, set, kind, name, scratch: keepAs, keepAs, phase: 'kept', at: clock.wall() };
}

function recipeOf({ recipes }: BackupPolicy, name: string | BackupRecipe): BackupRecipe {
  if (typeof name !== 'string') return name;
  const recipe = Object.hasOwn(recipes, name) ? recipes[name] : undefined;
  if (recipe !== undefined) return recipe;
  const known = Object.keys(recipes).join(', ');
  throw new RollbackError(
    'NOT_FOUND',
    `there is no recipe ${name}; ${known === '' ? 'none is configured' : `there is ${known}`}`,
  );
}

async function madeBy(book: SetBook, key: string): Promise<BackupSet | null> {
  return (await book.views()).find(({ set }) => set.key === key)?.set ?? null;
}

interface Examined {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  readonly things: readonly { readonly thing: BackedUp; readonly bytes: number | null }[];
}

async function examine(work: Work, recipe: BackupRecipe, signal: AbortSignal): Promise<Examined> {
  const problems: string[] = [];
  const warnings: string[] = [];
  const things: { thing: BackedUp; bytes: number | null }[] = [];
  const held = heldBy(recipe);
  for (const thing of held) {
    const archivist = work.archivist(thing);
    const found = await archivist.examine(thing.name, signal);
    problems.push(...found.problems);
    const missing = (archivist.restsOn?.(thing.name) ?? []).filter(
      (wanted) => !held.some((one) => holds(one, wanted)),
    );
    for (const { kind, name } of missing)
      problems.push(
        `a copy of ${thing.name} is worth nothing without the ${kind} ${name}: have the recipe hold it`,
      );
    warnings.push(...(found.warnings ?? []));
    things.push({ thing, bytes: found.bytes });
  }
  const views = await work.book.views();
  const room = roomProblems({
    things,
    last: lastOf(views, recipe.name),
    freeBytes: await work.place.free(),
    usedBytes: views.reduce((sum, { bytes }) => sum + bytes, 0),
    mostBytes: work.policy.retention.mostBytes,
    shown: work.place.shown,
  });
  return { problems: [...problems, ...room], warnings, things };
}

/** The newest set of a recipe that was read back. */
function lastOf(views: readonly BackupSetView[], recipe: string): BackupSet | null {
  return (
    views.find(({ set, verdict }) => set.recipe === recipe && verdict?.problems.length === 0)?.set ?? null
  );
}

interface Creating {
  readonly occasion: BackupOccasion;
  readonly progress: BackupProgress;
  readonly signal: AbortSignal;
}

async function create(work: Work, recipe: BackupRecipe, creating: Creating): Promise<BackupSet> {
  const { clock, place, underWay, chance } = work;
  const { occasion, signal } = creating;
  const before = occasion.key === null ? null : await madeBy(work.book, occasion.key);
  if (before !== null) return before;
  const examined = await examine(work, recipe, signal);
  if (examined.problems.length > 0)
    throw new RollbackError(
      'REFUSED',
      `no backup of ${recipe.name} was made: ${examined.problems.join('; ')}`,
    );
  const began = clock.now();
  const id = idAt(clock.wall(), chance());
  underWay.add(id);
  const draft = await place.draft(id);
  try {
    const storing: Storing = { set: id, compression: work.policy.compression, key: work.key };
    const parts = await copy(work, { ...creating, draft, storing, recipe, things: examined.things });
    for (const part of parts) await readAgain(await draft.open(part.file), part, storing);
    const set: BackupSet = {
      version: 1,
      id,
      recipe: recipe.name,
      target: occasion.target,
      incident: occasion.incident,
      release: occasion.release,
      key: occasion.key,
      madeAt: clock.wall(),
      tookMs: Math.round(clock.now() - began),
      by: work.version,
      encrypted: work.key !== null,
      parts,
    };
    const verdict = { set: id, at: clock.wall(), by: 'reading', problems: [] };
    await draft.write(verdictFile, JSON.stringify(verdict));
    crashPoint('effect.call.between');
    await draft.publish(writeManifest(set, work.key));
    return set;
  } catch (error) {
    await draft.discard();
    throw error;
  } finally {
    underWay.delete(id);
  }
}

interface Copying extends Creating {
  readonly draft: Draft;
  readonly storing: Storing;
  readonly recipe: BackupRecipe;
  readonly things: Examined['things'];
}

async function copy(work: Work, copying: Copying): Promise<readonly BackupPart[]> {
  const { draft, storing, recipe, things, occasion, progress, signal } = copying;
  const last = lastOf(await work.book.views(), recipe.name);
  const parts: BackupPart[] = [];
  for (const [number, { thing, bytes: of }] of things.entries()) {
    const file = fileOf(number, thing, storing);
    await occasion.before?.(thing);
    const archivist = work.archivist(thing);
    const poured = {
      thing,
      file,
      sink: await draft.sink(file),
      dump: (sink: Writable) => archivist.dump(thing.name, sink, signal),
      progress: (bytes: number) => progress({ name: thing.name, bytes, of }),
    };
    const part = await pour(poured, storing, signal);
    const why = implausible(part, last, occasion.smallerOk === true);
    if (why !== null)
      throw new RollbackError('BACKUP_INVALID', `no backup of ${recipe.name} was made: ${why}`);
    parts.push(part);
    crashPoint('effect.call.between');
  }
  return parts;
}

/** `b-20261121-043000-x7k2` */
function idAt(wall: number, chance: string): string {
  const [date = '', time = ''] = new Date(wall)
    .toISOString()
    .replaceAll(/[-:]|\.\d+Z$/g, '')
    .split('T');
  return `b-${date}-${time}-${chance}`;
}
