import type { IncidentView } from '../../domain/ports/daemon.ts';
import type { Entry } from '../../domain/ports/store.ts';
import { counted, utcTime } from './course.ts';
import { table, text, type Block, type Line, type Section } from './document.ts';

/** From this many entries on, runs of one kind are told by their first and last. */
const manyEntries = 100;
/** What is shown of both ends of a journal that is long even so. */
const mostRows = 200;
/** An incident is read with so many entries at most; the first ones. */
const mostRead = 2_000;

/** Each entry of the journal once, in order, in UTC. */
export function timeline({ journal, openedAt }: IncidentView): Section {
  if (journal.length === 0) return { title: 'Timeline', blocks: [text('The journal holds no entry of it.')] };
  const rows = (journal.length < manyEntries ? journal.map(alone) : collapsed(journal)).map((run) =>
    rowOf(run, openedAt),
  );
  const head = ['UTC', 'Entry', 'What', 'Type'];
  const shown =
    rows.length <= mostRows
      ? rows
      : [...rows.slice(0, mostRows / 2), gap(rows.length - mostRows), ...rows.slice(-mostRows / 2)];
  return {
    title: 'Timeline',
    blocks: [
      table(head, shown),
      ...(journal.length < manyEntries ? [] : [collapsedNote(journal)]),
      ...(journal.length < mostRead
        ? []
        : [text('What was journaled of it after that is not in this report.')]),
    ],
  };
}

function collapsedNote(journal: readonly Entry[]): Block {
  return text(
    `${counted(journal.length, 'entry', 'entries')} in all; those that repeat each other are told once.`,
  );
}

function gap(rows: number): readonly Line[] {
  return [['…'], [], [`${rows} rows in between are left out`], []];
}

interface Run {
  readonly first: Entry;
  readonly last: Entry;
  readonly count: number;
}

function alone(entry: Entry): Run {
  return { first: entry, last: entry, count: 1 };
}

/** Entries of one type that follow each other, three or more of them. */
function collapsed(journal: readonly Entry[]): readonly Run[] {
  const runs: Entry[][] = [];
  for (const entry of journal) {
    const run = runs.at(-1);
    if (run?.[0]?.type === entry.type) run.push(entry);
    else runs.push([entry]);
  }
  return runs.flatMap((run) => {
    const [first, last] = [run[0], run.at(-1)];
    if (first === undefined || last === undefined) return [];
    return run.length < 3 ? run.map(alone) : [{ first, last, count: run.length }];
  });
}

function rowOf({ first, last, count }: Run, day: number): readonly Line[] {
  const type = { code: first.type };
  if (count === 1) return [[utcTime(first.at, day)], [String(first.seq)], [first.message], [type]];
  return [
    [utcTime(first.at, day)],
    [`${first.seq} to ${last.seq}`],
    [
      `${first.message} (${count} of this kind until ${utcTime(last.at, day)}; the last one: ${last.message})`,
    ],
    [type],
  ];
}
