import type { Effect } from '../../../domain/effect.ts';
import type { IncidentView, PlanView } from '../../../domain/ports/daemon.ts';
import type { Entry } from '../../../domain/ports/store.ts';
import { formatDuration } from '../../../domain/time.ts';
import type { Line, List, Piece, RichText } from './blocks.ts';
import { asked } from './view.ts';
import { bold, data, instant, line, list, said } from './lines.ts';

const mostSteps = 12;

/** The plan in words: its steps and how far each is, what is checked afterwards, and what preflight warned of. */
export function planSections(incident: IncidentView): readonly RichText[] {
  const { plan, closedAt, marks } = incident;
  if (plan === null || (closedAt !== null && marks.firstEffectAt === null)) return [];
  const { playbook, digest } = plan;
  const title = line(
    bold('Steps'),
    said(', playbook '),
    data(playbook, 100),
    said(', plan '),
    data(digest, 40),
  );
  const rest = [
    ...(asked(incident) === null ? [] : warningLines(plan)),
    ...verificationLines(incident, plan),
  ];
  return [
    { type: 'rich_text', elements: [title, list('ordered', stepItems(incident, plan), mostSteps)] },
    ...(rest.length === 0 ? [] : [{ type: 'rich_text', elements: rest } as const]),
  ];
}

function stepItems({ effects }: IncidentView, { steps, digest }: PlanView): readonly (readonly Piece[])[] {
  return steps.map((step, index) => {
    const own = effects.filter((effect) => effect.step === index && effect.opId.includes(`/${digest}/`));
    return [data(step, 200), ...own.slice(-2).flatMap(effectPieces)];
  });
}

function effectPieces(effect: Effect): readonly Piece[] {
  const { purpose, state, startedAt, endedAt, detail } = effect;
  const what = purposeWords[purpose];
  const tookMs = startedAt === null || endedAt === null ? null : endedAt - startedAt;
  const took = tookMs === null ? '' : ` in ${formatDuration(tookMs)}`;
  const came = detail === '' ? [] : [said(': '), data(detail, 160)];
  switch (state) {
    case 'intent':
      return [said(` — ${what}due`)];
    case 'started':
      return [
        said(` — ${what}running`),
        ...(startedAt === null ? [] : [said(' since '), instant(startedAt)]),
      ];
    case 'done':
      return [said(' — '), bold(`${what}done`), said(took)];
    case 'failed':
      return [said(' — '), bold(`${what}FAILED`), said(took), ...came];
    case 'unknown':
      return [said(' — '), bold(`${what}NOBODY KNOWS whether it happened`), ...came];
  }
}

const purposeWords: Readonly<Record<Effect['purpose'], string>> = {
  apply: '',
  undo: 'undo ',
  release: 'letting go ',
};

function warningLines({ findings }: PlanView): readonly (Line | List)[] {
  const items = findings.map(({ step, message }) => [said(`step ${step + 1}: `), data(message, 200)]);
  return items.length === 0 ? [] : [line(bold('Mind')), list('bullet', items, 4)];
}

/** What is checked, and what came of it once it was. */
function verificationLines(incident: IncidentView, { verification }: PlanView): readonly (Line | List)[] {
  if (verification.length === 0) return [];
  const items = verification.map((text) => [data(text, 200), ...phasePieces(incident, text)]);
  return [line(bold('Verification')), list('bullet', items, 5)];
}

function phasePieces({ journal }: IncidentView, text: string): readonly Piece[] {
  const begun = journal.findLastIndex(({ type }) => type === 'rollback.begun');
  if (begun === -1) return [];
  const told = journal.slice(begun).findLast((entry) => isPhase(entry, text));
  return told === undefined ? [] : [said(' — '), bold(phaseWords[told.type] ?? '')];
}

function isPhase({ type, facts }: Entry, text: string): boolean {
  const { phase } = facts;
  return type in phaseWords && typeof phase === 'string' && text.startsWith(`${phase} `);
}

const phaseWords: Readonly<Record<string, string>> = {
  'phase.passed': 'passed',
  'phase.failed': 'FAILED',
  'phase.inconclusive': 'could not be told',
};
