import type { Entry } from '../../domain/ports/store.ts';
import { counted, lastOf, utc, type ReportInput } from './course.ts';
import { text, type Fact, type Section } from './document.ts';

/** Which part of the journal this was made from, so that a reader can check that nobody changed it. */
export function proof(input: ReportInput): Section {
  const { journal } = input.incident;
  const [first, last] = [journal[0], journal.at(-1)];
  if (first === undefined || last === undefined)
    return { title: 'Journal', blocks: [text('The journal holds no entry of it.')] };
  const facts: readonly Fact[] = [
    {
      name: 'Entries',
      value: [
        `${first.seq} to ${last.seq}, of which ${counted(journal.length, 'entry', 'entries')} of this incident`,
      ],
    },
    { name: 'Hash of the first', value: [{ code: first.hash }] },
    { name: 'Hash of the last', value: [{ code: last.hash }] },
    headFact(input, lastOf(journal, 'incident.closed')),
  ];
  return {
    title: 'Journal',
    blocks: [
      { kind: 'facts', numbered: false, facts },
      text(
        { code: 'rollbackd journal verify' },
        ' checks the whole chain; an entry that was changed, added or taken away shows there.',
      ),
    ],
  };
}

function headFact({ head, now }: ReportInput, closed: Entry | undefined): Fact {
  const atClosing = closed?.facts['head'];
  if (typeof atClosing === 'string') return { name: 'Head when it closed', value: [{ code: atClosing }] };
  return { name: 'Head', value: [`entry ${head.seq} at ${utc(now)}: `, { code: head.hash }] };
}
