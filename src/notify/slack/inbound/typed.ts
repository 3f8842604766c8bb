import { causes, type Cause } from '../../../domain/incident.ts';
import { DAY, parseDuration } from '../../../domain/time.ts';

/** What somebody typed behind `/rollbackd`, understood. */
export type Typed =
  | { readonly do: 'help' | 'status' | 'incidents' }
  | { readonly do: 'show'; readonly incident: string }
  | { readonly do: 'halt' | 'unhalt'; readonly note: string }
  | { readonly do: 'freeze'; readonly target: string | null; readonly forMs: number; readonly note: string }
  | { readonly do: 'unfreeze'; readonly target: string | null }
  | {
      readonly do: 'rollback';
      readonly target: string;
      readonly to: string | null;
      readonly because: Cause;
      readonly note: string;
    };

/** The lines of `/rollbackd help`. */
export const helpLines: readonly string[] = [
  '/rollbackd status - targets, open incidents, halts',
  '/rollbackd incidents - the latest incidents',
  '/rollbackd show ID - one incident, with its plan and its question',
  '/rollbackd freeze TARGET 2h REASON - rollbacks of a target ask people for that long; `all` for every target',
  '/rollbackd unfreeze TARGET',
  '/rollbackd halt REASON - nothing starts until unhalt',
  '/rollbackd unhalt',
  `/rollbackd rollback TARGET [to RELEASE] because CAUSE NOTE - CAUSE is one of ${Object.keys(causes).join(', ')}; shows the plan and asks before it acts`,
];

const longestFreezeMs = 30 * DAY;
const longestName = 200;
const longestNote = 500;

/** @returns what was understood, or what is wrong with it and how it is written */
export function readTyped(text: string): Typed | { readonly wrong: string } {
  const [word = 'help', ...rest] = text
    .trim()
    .split(/\s+/)
    .filter((part) => part !== '');
  const note = rest.join(' ').slice(0, longestNote);
  switch (word.toLowerCase()) {
    case 'help':
    case 'status':
    case 'incidents':
      return { do: word.toLowerCase() as 'help' };
    case 'show':
      return named(rest[0]) ? { do: 'show', incident: rest[0] } : wrong('say which: /rollbackd show ID');
    case 'halt':
      return note === '' ? wrong('say why: /rollbackd halt REASON') : { do: 'halt', note };
    case 'unhalt':
      return { do: 'unhalt', note };
    case 'freeze':
      return readFreeze(rest);
    case 'unfreeze':
      return named(rest[0])
        ? { do: 'unfreeze', target: targetIn(rest[0]) }
        : wrong('say which: /rollbackd unfreeze TARGET');
    case 'rollback':
      return readRollback(rest);
    default:
      return wrong('there is no such command; /rollbackd help lists them');
  }
}

function readFreeze([target, time, ...reason]: readonly string[]): Typed | { readonly wrong: string } {
  const forMs = parseDuration(time ?? '');
  const note = reason.join(' ').slice(0, longestNote);
  if (!named(target) || forMs === null || note === '')
    return wrong('say what, how long and why: /rollbackd freeze TARGET 2h REASON');
  if (forMs <= 0 || forMs > longestFreezeMs)
    return wrong('a freeze lasts 30d at most, and more than nothing');
  return { do: 'freeze', target: targetIn(target), forMs, note };
}

function readRollback([target, ...rest]: readonly string[]): Typed | { readonly wrong: string } {
  const to = rest[0] === 'to' ? (rest[1] ?? '') : null;
  const [because, cause = '', ...note] = to === null ? rest : rest.slice(2);
  const known = Object.keys(causes).find((name): name is Cause => name === cause.toLowerCase());
  if (!named(target) || because !== 'because' || known === undefined || to === '')
    return wrong(
      `say what and why: /rollbackd rollback TARGET because CAUSE NOTE, where CAUSE is one of ${Object.keys(causes).join(', ')}`,
    );
  return { do: 'rollback', target, to, because: known, note: note.join(' ').slice(0, longestNote) };
}

function named(word: string | undefined): word is string {
  return word !== undefined && word.length <= longestName;
}

function targetIn(word: string): string | null {
  return word === 'all' || word === '*' ? null : word;
}

function wrong(what: string): { readonly wrong: string } {
  return { wrong: what };
}
