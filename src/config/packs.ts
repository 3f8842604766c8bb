import { basename, isAbsolute, join } from 'node:path';
import { resolveHeaders } from './header-secrets.ts';
import { openDocument } from './open-document.ts';
import type { Place } from './place.ts';
import type { ReadingContext } from './reading-context.ts';
import { isName, nameProblem } from './scalars.ts';
import { suggestion } from './suggest.ts';

/** The files of a pack that hold things by name, each under a key of the same name. */
export type PackFile = 'rules' | 'playbooks' | 'communication';

/** A folder of rules, playbooks, communication plans and what data is worth, opened but not yet read. */
export interface Pack {
  readonly name: string;
  /** The maps of rules, playbooks and communication plans; null where the file does not exist or is not readable YAML. */
  readonly rules: Place | null;
  readonly playbooks: Place | null;
  readonly communication: Place | null;
  /** The table of what data is worth, of `data.yaml`; null as above. */
  readonly dataRisks: Place | null;
  /** Which of its files are there, and broken. */
  readonly unreadable: ReadonlySet<PackFile>;
}

/** Opens the packs that `include` lists. A pack with broken files is there all the same: its name is known. */
export async function openPacks(include: Place, context: ReadingContext): Promise<readonly Pack[]> {
  const packs: Pack[] = [];
  for (const place of include.items('pack folders')) {
    if (typeof place.value !== 'string' || place.value === '') {
      place.problem('expected the path of a folder that holds rules.yaml or playbooks.yaml');
      continue;
    }
    const name = basename(place.value);
    if (!isName(name)) place.problem(`${nameProblem}; the folder's name is the pack's`);
    if (packs.some((pack) => pack.name === name)) {
      place.problem(`there is already a pack ${name}; a folder's name is its pack's, so it must be unique`);
      continue;
    }
    packs.push(await openPack(place, name, place.value, context));
  }
  return packs;
}

async function openPack(place: Place, name: string, written: string, context: ReadingContext): Promise<Pack> {
  const folder = isAbsolute(written) ? written : join(context.shownFolder, written);
  const rules = await openDocument(join(folder, 'rules.yaml'), context);
  const playbooks = await openDocument(join(folder, 'playbooks.yaml'), context);
  const communication = await openDocument(join(folder, 'communication.yaml'), context);
  const data = await openDocument(join(folder, 'data.yaml'), context);
  if (rules === 'missing' && playbooks === 'missing')
    place.problem(`unknown pack: ${folder} holds neither rules.yaml nor playbooks.yaml`);
  return {
    name,
    rules: await mapOf(rules, 'rules', context),
    playbooks: await mapOf(playbooks, 'playbooks', context),
    communication: await mapOf(communication, 'communication', context),
    dataRisks: await mapOf(data, 'data_risks', context),
    unreadable: new Set([
      ...(rules === null ? (['rules'] as const) : []),
      ...(playbooks === null ? (['playbooks'] as const) : []),
      ...(communication === null ? (['communication'] as const) : []),
    ]),
  };
}

async function mapOf(
  document: Place | 'missing' | null,
  key: PackFile | 'data_risks',
  context: ReadingContext,
): Promise<Place | null> {
  if (document === 'missing' || document === null) return null;
  const names = document.entries(`${key}, under the key ${key}:`).map(([name, at]) => {
    if (name !== key) at.problem(`unknown key${suggestion(name, [key])}`, 'key');
    return name;
  });
  if (names.length > 0 && !names.includes(key)) document.problem(`has no ${key}:`);
  return names.includes(key) ? resolveHeaders(document.at(key), context) : null;
}
