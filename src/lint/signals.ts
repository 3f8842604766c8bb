import type { Rule } from '../domain/rule.ts';
import { MINUTE, parseDuration } from '../domain/time.ts';
import { messageOf } from '../domain/errors.ts';
import { parseQuery } from '../promql/parse.ts';
import { QueryError } from '../promql/query-error.ts';
import type { Query, Signal } from './check.ts';
import type { Path, PlacedText, SourceFile } from './source-file.ts';

/** Whose signals are looked for, and where. */
export interface SignalPlace {
  readonly file: SourceFile;
  readonly path: Path;
  readonly pack: string;
  readonly rule: Rule | null;
}

/** Every signal in PromQL under a path, however deep: a rule may read several, a playbook asks them in its checks. */
export function signalsUnder(place: SignalPlace): readonly Signal[] {
  const { file, path } = place;
  const keys = file.keys(path);
  if (keys.length === 0)
    return Array.from({ length: file.items(path) }, (_, index) => index).flatMap((index) =>
      signalsUnder({ ...place, path: [...path, index] }),
    );
  return keys.flatMap((key) => {
    const inside = { ...place, path: [...path, key] };
    if (key === 'prometheus' || key === 'scrape') {
      const signal = signalAt(inside, key);
      if (signal !== null) return [signal];
    }
    return signalsUnder(inside);
  });
}

const roles = [
  ['query', ['query']],
  ['bad', ['ratio', 'bad']],
  ['total', ['ratio', 'total']],
  ['fresh', ['fresh']],
] as const;

function signalAt({ file, path, pack, rule }: SignalPlace, kind: Signal['kind']): Signal | null {
  const texts = roles.flatMap(([role, keys]) => {
    const placed = file.scalar([...path, ...keys]);
    return placed === null ? [] : [{ role, placed }];
  });
  if (texts.length === 0) return null;
  const min = file.data([...path, 'ratio', 'min']);
  const maxAge = file.data([...path, 'max_age']);
  const queries: Query[] = [];
  const signal: Signal = {
    kind,
    file,
    path,
    pack,
    rule,
    queries,
    min: file.keys([...path, 'ratio']).length === 0 ? null : typeof min === 'number' ? min : 0,
    maxAgeMs: texts.some(({ role }) => role === 'fresh')
      ? ((typeof maxAge === 'string' ? parseDuration(maxAge) : null) ?? 2 * MINUTE)
      : null,
    emptyIsOk: file.data([...path, 'on_empty']) === 'ok',
  };
  for (const { role, placed } of texts) queries.push({ role, placed, signal, ...parsed(placed) });
  return signal;
}

function parsed({ text }: PlacedText): Pick<Query, 'expression' | 'problem'> {
  try {
    return { expression: parseQuery(text), problem: null };
  } catch (thrown) {
    const span = (thrown instanceof QueryError ? thrown.span : null) ?? { from: 0, to: text.length };
    // Line and column within the query say less than the place in the file, which is shown.
    const message = messageOf(thrown).replace(/^\d+:\d+: (parse error: )?/, '');
    return { expression: null, problem: { message, span } };
  }
}
