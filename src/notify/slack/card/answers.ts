import type { IncidentView, SeriesView } from '../../../domain/ports/daemon.ts';
import { formatDuration, MINUTE } from '../../../domain/time.ts';
import type { Line, Piece } from './blocks.ts';
import { bold, code, data, instant, labelled, line, said, sinceThen } from './lines.ts';
import { sparkline } from './sparkline.ts';
import { asked, leadingLevel, rollbackStage, type Asked, type CardView } from './view.ts';
import { answerWords, needsWords, otherwiseWords, riskWords, wayBack } from './words.ts';

/**
 * The six answers of a card, one line each: what is broken, since when, what will be done, what is asked of me, until
 * when, and what happens if I do nothing.
 */
export function sixAnswers({ incident }: CardView): readonly Line[] {
  const open = asked(incident);
  return [
    ...brokenLines(incident),
    sinceLine(incident),
    ...doneLines(incident),
    ...decidedLines(incident),
    ...whyLines(incident),
    ...(open === null ? unaskedLines(incident) : askedLines(open)),
  ];
}

function brokenLines(incident: IncidentView): readonly Line[] {
  const { rule, reason, closedAt } = incident;
  const level = leadingLevel(incident);
  const series = seriesOf(incident);
  const label = closedAt === null ? 'Broken' : 'Was broken';
  if (level === null) return [labelled(label, data(reason, 400))];
  const what = series === null || series.summary === '' ? rule : series.summary;
  const now = closedAt === null ? latest(series, level.detail) : level.detail;
  return [
    labelled(label, bold(now, 160), said(' (rule: '), data(what, 160), said(')')),
    line(said('threshold: '), data(level.condition, 120), ...pictureOf(series, incident)),
  ];
}

/** Of the rule that leads. */
function seriesOf({ series, rule }: IncidentView): SeriesView | null {
  return series.find((own) => own.rule === rule) ?? null;
}

function latest(series: SeriesView | null, fired: string): string {
  const known = series?.readings.findLast(({ verdict }) => verdict !== 'unknown');
  return known === undefined || known.detail === '' ? fired : known.detail;
}

function pictureOf(series: SeriesView | null, { severity }: IncidentView): readonly Piece[] {
  const picture = series === null ? null : sparkline(series, severity);
  if (picture === null) return [];
  const legend = picture.legend === '' ? [] : [said(` ${picture.legend}`)];
  return [said('\n'), code(picture.bars, 60), ...legend];
}

function sinceLine({ marks, openedAt, closedAt }: IncidentView): Line {
  const since = marks.breachedAt ?? openedAt;
  if (closedAt === null) return labelled('Since', sinceThen(since));
  const lasted = said(`, for ${formatDuration(closedAt - since)}`);
  return labelled('Lasted', instant(since), said(' to '), instant(closedAt), lasted);
}

function doneLines(incident: IncidentView): readonly Line[] {
  const { plan } = incident;
  if (plan === null) return [labelled('Will be done', ...unplanned(incident))];
  const count = plan.steps.length;
  const steps = `${count} ${count === 1 ? 'step' : 'steps'}`;
  const { label, ahead } = doing(incident);
  const risk = ahead ? `; ${riskWords[plan.risk]}` : '';
  return [labelled(label, bold(wayBack(plan), 260), said(`, ${steps}${risk}`))];
}

/** `ahead`: what the plan risks is still to come. */
function doing(incident: IncidentView): { readonly label: string; readonly ahead: boolean } {
  const { state, marks, outcome } = incident;
  if (asked(incident) !== null) return { label: 'Will be done if approved', ahead: true };
  if (state === 'rolling_back') return { label: 'Being done', ahead: true };
  if (state === 'starting') return { label: 'Will be done', ahead: true };
  if (marks.firstEffectAt === null) return { label: 'Was planned, not done', ahead: false };
  return { label: outcome === 'rolled_back' ? 'Was done' : 'Was begun, not completed', ahead: false };
}

function unplanned({ state, decision, closedAt }: IncidentView): readonly Piece[] {
  if (closedAt !== null) return [said('nothing, nothing was rolled back')];
  if (state === 'judging' || state === 'planning') return [said('nothing yet, rollbackd decides')];
  const why = decision?.reason ?? '';
  return [said('nothing by itself'), ...(why === '' ? [] : [said('; '), data(why, 300)])];
}

/** Why it is asked or done; once it is not, why that is. */
function whyLines({ state, plan, decision, reason }: IncidentView): readonly Line[] {
  const decided = state === 'asking' || state === 'starting' || state === 'rolling_back';
  const why = decided ? (decision?.reason ?? '') : reason;
  return plan === null || why === '' ? [] : [labelled('Why', data(why, 300))];
}

/** How the last question ended. */
function decidedLines(incident: IncidentView): readonly Line[] {
  const { question } = incident;
  if (question === null || asked(incident) !== null) return [];
  const pieces = answerPieces(question);
  return pieces.length === 0 ? [] : [labelled('Answer', ...pieces)];
}

function answerPieces({ state, answers, askedAt, dueAt, endedBecause }: Asked['question']): readonly Piece[] {
  const given = answers.flatMap(({ by, answer, at }, index) => [
    ...(index === 0 ? [] : [said('; ')]),
    bold(by, 80),
    said(` ${answerWords[answer]} `),
    instant(at),
  ]);
  const before = given.length === 0 ? [] : [said('; '), ...given];
  const why = endedBecause === '' ? [] : [said(': '), data(endedBecause, 300)];
  switch (state) {
    case 'approved':
    case 'rejected':
    case 'handed_over':
      return given;
    case 'expired':
      return [said(`nobody answered within ${formatDuration(dueAt - askedAt)}`), ...before];
    case 'superseded':
    case 'withdrawn':
      return [said(`the question was ${state}`), ...why, ...before];
    default:
      return given;
  }
}

function askedLines({ question, plan }: Asked): readonly Line[] {
  const { needs, answers, dueAt, askedAt, prolongs, otherwise, halted } = question;
  const so = answers.flatMap(({ by, at }) => [
    said(' '),
    bold(by, 80),
    said(' approved '),
    instant(at),
    said(';'),
  ]);
  const missing = answers.length === 0 ? [] : [...so, said(' one more person has to approve')];
  const grave = plan.risk === 'destructive-data' ? ' It destroys data.' : '';
  const time = `${formatDuration(dueAt - askedAt)} in all`;
  const more = prolongs === 0 ? 'it cannot be prolonged' : `10 more minutes can be had ${often(prolongs)}`;
  return [
    ...(halted === null ? [] : [haltedLine(halted)]),
    labelled('Asked of you', said(`approve or reject; needs ${needsWords(needs)}.${grave}`), ...missing),
    labelled('Until', instant(dueAt), said(` (${time}; ${more})`)),
    labelled('If nobody answers', said(otherwiseWords(otherwise))),
  ];
}

function haltedLine(why: string): Line {
  return labelled(
    'Halted',
    data(why, 200),
    said('; it cannot be approved until '),
    code('rollbackd unhalt', 40),
    said('; its time goes on'),
  );
}

function often(times: number): string {
  return times === 1 ? 'once' : `${times} times`;
}

/** What is asked, until when, and what happens otherwise, where no question is open. */
function unaskedLines(incident: IncidentView): readonly Line[] {
  const { id } = incident;
  switch (incident.state) {
    case 'starting':
    case 'rolling_back':
      if (rollbackStage(incident) === 'undoing') return undoingLines();
      return [
        labelled(
          'Asked of you',
          said('nothing; to stop it before its next step: '),
          code('rollbackd halt', 40),
        ),
        ...expected(incident),
        labelled(
          'If you do nothing',
          said('it goes on and is verified; what cannot be verified is handed over to a person'),
        ),
      ];
    case 'monitoring':
      return [
        labelled('Asked of you', said('nothing, and there is no deadline')),
        labelled('If you do nothing', said(watchedWords(incident))),
      ];
    case 'investigating':
      return [
        labelled('Asked of you', said('look at it, then: '), code(`rollbackd ack ${id}`, 80)),
        labelled('Until', said('you are reminded until somebody does')),
        labelled('If you do nothing', said('it stays broken; the incident closes when its rules recover')),
      ];
    case 'halted':
      return [
        labelled('Asked of you', said('lift the halt once that is safe: '), code('rollbackd unhalt', 40)),
        labelled('Until', said('there is no deadline')),
        labelled('If you do nothing', said('nothing starts, and what is broken stays broken')),
      ];
    case 'handed_over':
      return [
        labelled('Asked of you', said('take it over now, then: '), code(`rollbackd ack ${id}`, 80)),
        labelled('Until', said('at once; you are reminded until somebody does')),
        labelled('If you do nothing', said('rollbackd does nothing more, and it stays broken')),
      ];
    case 'closed':
      return [labelled('Asked of you', said('nothing, at no time; it is over and nothing more is done'))];
    default:
      return [
        labelled('Asked of you', said('nothing yet')),
        labelled('If you do nothing', said('rollbackd decides within moments and says here what it does')),
      ];
  }
}

function undoingLines(): readonly Line[] {
  return [
    labelled('Asked of you', said('nothing yet; be ready to take it over')),
    labelled('If you do nothing', said('what was done is undone, and then it is handed over to a person')),
  ];
}

function watchedWords({ question }: IncidentView): string {
  if (question?.state === 'rejected')
    return 'it never rolls back by itself; if it gets worse, you are asked once more';
  return 'it is recorded, and closes when its rules recover';
}

/** By when it is through, should it keep its objectives. */
function expected({ marks, rto }: IncidentView): readonly Line[] {
  const { firstEffectAt } = marks;
  if (firstEffectAt === null || rto === null) return [labelled('Until', said('it starts within moments'))];
  const objectiveMs = (rto.rollback.objectiveMs ?? 0) + (rto.verification.objectiveMs ?? 0);
  if (objectiveMs < MINUTE) return [];
  return [
    labelled(
      'Until',
      said('done and verified by '),
      instant(firstEffectAt + objectiveMs),
      said(', if it keeps its objectives'),
    ),
  ];
}
