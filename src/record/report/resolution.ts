import type { Effect } from '../../domain/effect.ts';
import type { IncidentView } from '../../domain/ports/daemon.ts';
import type { Entry } from '../../domain/ports/store.ts';
import { formatDuration } from '../../domain/time.ts';
import { isRolledBack, spaced, utcTime } from './course.ts';
import { dataIntegrity } from './data-integrity.ts';
import { table, text, type Block, type Line, type Section } from './document.ts';

/** The method, each step and what came of it, each check of the verification, and what became of the data. */
export function resolution(incident: IncidentView): Section {
  return {
    title: 'Resolution',
    blocks: [
      {
        kind: 'facts',
        numbered: false,
        facts: [
          { name: 'Rollback method used', value: methodOf(incident) },
          { name: 'Verification', value: [verificationWord(incident)] },
        ],
      },
      ...stepBlocks(incident),
      ...checkBlocks(incident),
      ...dataIntegrity(incident),
    ],
  };
}

function methodOf({ effects, plan, ...incident }: IncidentView): Line {
  const kinds = [...new Set(effects.filter(({ startedAt }) => startedAt !== null).map(({ kind }) => kind))];
  const acting = kinds.filter((kind) => kind !== 'evidence');
  if (acting.length === 0) return [untouched(incident)];
  const names = acting.map(methodName).join(', ');
  if (plan === null) return [names];
  return [
    `${names}, by playbook `,
    { code: plan.playbook },
    ': from ',
    { code: plan.from?.name ?? 'unknown' },
    ' to ',
    { code: plan.to?.name ?? 'none' },
  ];
}

function untouched({ outcome }: Pick<IncidentView, 'outcome'>): string {
  return outcome === 'recovered'
    ? 'none: it recovered by itself, nothing was changed'
    : 'none: nothing was changed';
}

/** `docker.rollback` → `Docker rollback`. */
function methodName(kind: string): string {
  const words = kind.replaceAll(/[._]/g, ' ');
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}

function verificationWord(incident: IncidentView): string {
  const { marks, outcome } = incident;
  if (!isRolledBack(incident)) return 'none was needed';
  if (marks.verifiedAt !== null) return 'all checks passed, and the rules of the incident recovered';
  if (!incident.journal.some(({ type }) => verifying.test(type)))
    return outcome === null ? 'not begun' : 'not begun: a step did not succeed';
  return outcome === null ? 'not finished' : 'not passed; what it saw stands below';
}

function stepBlocks(incident: IncidentView): readonly Block[] {
  const { plan, effects, openedAt } = incident;
  if (plan === null) return [];
  const begun = effects.toSorted((a, b) => (a.startedAt ?? a.intentAt) - (b.startedAt ?? b.intentAt));
  const rows = [
    ...begun.map((effect) => effectRow(effect, plan.steps[effect.step] ?? '', openedAt)),
    ...plan.steps.flatMap((step, index) =>
      effects.some((effect) => effect.step === index)
        ? []
        : [[[String(index + 1)], [step], ['not begun'], ['–'], ['–'], []] as readonly Line[]],
    ),
  ];
  const title = isRolledBack(incident) ? 'Steps' : 'Steps that were planned';
  return [
    { kind: 'heading', text: title },
    text('Plan ', { code: plan.digest }, `, ${plan.risk}.`),
    {
      kind: 'table',
      head: ['Step', 'What', 'State', 'Begun (UTC)', 'Took', 'What came of it'],
      rows,
      numbers: [4],
    },
    ...plan.findings.map(({ level, step, message }) =>
      text(`Preflight, step ${step + 1}, ${level === 'warn' ? 'warning' : 'refusal'}: `, message),
    ),
  ];
}

function effectRow(effect: Effect, step: string, day: number): readonly Line[] {
  const { purpose, state, startedAt, endedAt, detail, generation } = effect;
  const took = startedAt === null || endedAt === null ? '–' : formatDuration(endedAt - startedAt);
  const again = generation > 1 ? `, attempt ${generation}` : '';
  return [
    [String(effect.step + 1)],
    [`${purposes[purpose]}${step}${again}`],
    [states[state]],
    [startedAt === null ? '–' : utcTime(startedAt, day)],
    [took],
    [detail],
  ];
}

const purposes = { apply: '', undo: 'undo: ', release: 'let go: ' } as const;
const states = {
  intent: 'due',
  started: 'begun, no result',
  done: 'done',
  failed: 'failed',
  unknown: 'unknown',
} as const;

/** Entries that only a verification writes. */
const verifying = /^(?:phase\.|rollback\.(?:settling|confirming|inconclusive)$)/;

const phaseResult: Readonly<Record<string, string>> = {
  'phase.passed': 'passed',
  'phase.failed': 'failed',
  'phase.inconclusive': 'inconclusive',
  'rollback.inconclusive': 'inconclusive',
  'rollback.ended': 'ended',
};

function checkBlocks({ journal, openedAt }: IncidentView): readonly Block[] {
  const rows = journal
    .filter(({ type }) => Object.hasOwn(phaseResult, type))
    .flatMap((entry) => checkRows(entry, openedAt));
  if (rows.length === 0) return [];
  return [
    { kind: 'heading', text: 'Verification, check by check' },
    table(['UTC', 'Phase', 'Result', 'What it saw'], rows),
  ];
}

/** One row a check; what the rules of the incident read is a row, too. */
function checkRows({ at, type, message, facts }: Entry, day: number): readonly (readonly Line[])[] {
  const phase = typeof facts['phase'] === 'string' ? facts['phase'] : 'rules';
  const said = message.startsWith(`${phase}: `) ? message.slice(phase.length + 2) : message;
  return said.split(/, (?=[✓✗] )/u).map((check): readonly Line[] => {
    const mark = check.slice(0, 2);
    const result = mark === '✓ ' ? 'passed' : mark === '✗ ' ? 'failed' : resultOf(type, facts);
    const seen = mark === '✓ ' || mark === '✗ ' ? check.slice(2) : check;
    return [[utcTime(at, day)], [phase], [phaseWord(result, type)], [seen]];
  });
}

function resultOf(type: string, { result }: Entry['facts']): string {
  return type === 'rollback.ended' && typeof result === 'string' ? spaced(result) : (phaseResult[type] ?? '');
}

/** A check that could not see did not fail. */
function phaseWord(result: string, type: string): string {
  return result === 'failed' && type.endsWith('inconclusive') ? 'inconclusive' : result;
}
