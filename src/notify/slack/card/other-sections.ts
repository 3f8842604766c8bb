import { tallyInWords } from '../../../domain/data-integrity.ts';
import type { Contact } from '../../../domain/notification.ts';
import type { IncidentView } from '../../../domain/ports/daemon.ts';
import { rtoPhases, type PhaseTime } from '../../../domain/ports/store.ts';
import { formatDuration } from '../../../domain/time.ts';
import type { Line, Piece, RichText } from './blocks.ts';
import { bold, code, data, instant, labelled, line, list, monospaced, said } from './lines.ts';
import { asked, leadingLevel, type CardView } from './view.ts';
import { roleWords } from './words.ts';

/** Where the question can be answered without Slack. */
export function linkSection({ incident, page }: CardView): RichText | null {
  const shown = asked(incident) === null ? [] : link(page, 'Answer in a browser');
  return shown.length === 0 ? null : { type: 'rich_text', elements: shown.map((piece) => line(piece)) };
}

/** Slack refuses longer addresses. */
const longestUrl = 3_000;

function link(url: string | null, text: string): readonly Piece[] {
  if (url === null || url.length > longestUrl || !/^https?:\/\//.test(url)) return [];
  return [{ type: 'link', url, text }];
}

/** Whom to call when a person has to act, and what that person would run. */
export function handOverSections({ incident, contacts }: CardView): readonly RichText[] {
  if (incident.state !== 'handed_over') return [];
  const byHand = incident.byHand.slice(0, 10);
  const left = incident.byHand.length - byHand.length;
  const commands = left === 0 ? byHand : [...byHand, `… and ${left} more (cut)`];
  const parts = [
    contacts.length === 0 ? [] : [line(bold('Call')), list('bullet', contacts.map(contactPieces), 8)],
    byHand.length === 0 ? [] : [line(bold('What is left to do by hand')), monospaced(commands, 220)],
  ];
  return parts.filter((part) => part.length > 0).map((elements) => ({ type: 'rich_text', elements }));
}

/** A contact by name, as Slack knows it, and by the other ways. */
export function contactPieces({ role, name, slack, email, phone }: Contact): readonly Piece[] {
  const ways = [email, phone].filter((way) => way !== null).map((way) => data(way, 120));
  return [
    bold(roleWords[role]),
    said(': '),
    data(name, 80),
    ...(isSlackUser(slack) ? [said(' '), { type: 'user', user_id: slack } as const] : []),
    ...ways.flatMap((way) => [said(', '), way]),
  ];
}

/** Slack's ids of users; anything else would be refused with the whole message. */
export function isSlackUser(id: string | null): id is string {
  return id !== null && /^[UW][A-Z0-9]{1,30}$/.test(id);
}

/** What else fired. */
export function evidenceSection(incident: IncidentView): RichText | null {
  const { levels, target } = incident;
  const leading = leadingLevel(incident);
  const others = levels.filter((level) => level !== leading);
  if (others.length === 0) return null;
  const items = others.map((level) => [
    said(`${level.severity.toUpperCase()} `),
    data(level.rule, 100),
    ...(level.subject === target ? [] : [said(' on '), data(level.subject, 80)]),
    said(': '),
    data(level.detail, 160),
    said(', threshold: '),
    data(level.condition, 100),
    ...(level.recoveredAt === null ? [] : [said(' — recovered '), instant(level.recoveredAt)]),
  ]);
  return { type: 'rich_text', elements: [line(bold('Also firing')), list('bullet', items, 6)] };
}

/** How long each phase took so far, against its objective. */
export function timesSection({ rto, closedAt }: IncidentView): RichText | null {
  if (rto === null) return null;
  if (closedAt !== null) return tableOf(rto);
  const known = rtoPhases.filter((phase) => rto[phase].actualMs !== null && !phase.startsWith('total'));
  if (known.length === 0) return null;
  const times = known.map((phase) => phaseTime(phase, rto[phase])).join('; ');
  return { type: 'rich_text', elements: [labelled('Times so far', said(times))] };
}

/** What became of the records that steps replaced. */
export function dataSection({ data }: IncidentView): RichText | null {
  if (data === null) return null;
  return { type: 'rich_text', elements: [labelled('Data', said(tallyInWords(data)))] };
}

function phaseTime(phase: string, { actualMs, objectiveMs }: PhaseTime): string {
  const actual = formatDuration(actualMs ?? 0);
  return `${phase} ${actual}${objectiveMs === null ? '' : ` of ${formatDuration(objectiveMs)}`}`;
}

function tableOf(rto: NonNullable<IncidentView['rto']>): RichText {
  const rows = rtoPhases.map((phase) => {
    const { actualMs, objectiveMs } = rto[phase];
    return [phase.replaceAll('_', ' '), dash(actualMs), dash(objectiveMs), verdict(rto[phase])];
  });
  const table = [['phase', 'took', 'objective', ''], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return { type: 'rich_text', elements: [line(bold('Time to recover')), monospaced(lines, 60)] };
}

function dash(ms: number | null): string {
  return ms === null ? '-' : formatDuration(ms);
}

function verdict({ actualMs, objectiveMs }: PhaseTime): string {
  if (actualMs === null || objectiveMs === null) return '';
  return actualMs <= objectiveMs ? 'within' : `over by ${formatDuration(actualMs - objectiveMs)}`;
}

/** What to look it up by. */
export function footSection({ id, rule, journal }: IncidentView): RichText {
  const head = journal.findLast(({ type }) => type === 'incident.closed')?.facts['head'];
  const sealed: readonly Line[] =
    typeof head === 'string' && head !== '' ? [line(said('journal head '), code(head, 80))] : [];
  return {
    type: 'rich_text',
    elements: [
      line(
        data(rule, 120),
        said(', incident '),
        data(id, 40),
        said(', all of it: '),
        code(`rollbackd show ${id}`, 80),
      ),
      ...sealed,
    ],
  };
}
