import type { Configuration } from '../domain/configuration.ts';
import { compareGravity, type Finding } from '../domain/finding.ts';
import { SECOND } from '../domain/time.ts';
import type { Explained, Lint, LintedPack, LintedRule } from './check.ts';
import type { CodedHit } from './coded-hit.ts';
import { checks } from './registry.ts';
import { signalsUnder } from './signals.ts';
import { applySilences, silenceCodes } from './apply-silences.ts';
import { silencesIn } from './silences.ts';
import { SourceFile } from './source-file.ts';

/** A file as it was read. */
export interface FileText {
  readonly name: string;
  readonly text: string;
}

/** What is looked at: a configuration that is valid, and the files it was read from. */
export interface LintInput {
  readonly configuration: Configuration;
  /** null when a pack is looked at alone. */
  readonly main: FileText | null;
  readonly packs: readonly {
    readonly name: string;
    readonly rules: FileText | null;
    readonly playbooks: FileText | null;
    readonly tests: readonly string[] | null;
  }[];
}

/** How often Prometheus is taken to scrape: its own default is a minute, that of nearly everybody 15 s. */
export const assumedScrapeMs = 15 * SECOND;

/** Reads the files again as a linter needs them. */
export function prepareLint({ configuration, main, packs }: LintInput): Lint {
  const opened = packs.map(({ name, rules, playbooks, tests }): LintedPack => ({
    name,
    rules: rules === null ? null : new SourceFile(rules.name, rules.text),
    playbooks: playbooks === null ? null : new SourceFile(playbooks.name, playbooks.text),
    tests,
  }));
  const mainFile = main === null ? null : new SourceFile(main.name, main.text);
  const rules = configuration.rules.flatMap((rule): LintedRule[] => {
    const file = opened.find(({ name }) => name === rule.pack)?.rules ?? null;
    if (file === null) return [];
    const path = ['rules', rule.name];
    return [{ rule, file, path, signals: signalsUnder({ file, path, pack: rule.pack, rule }) }];
  });
  const ofPlaybooks = opened.flatMap(({ name, playbooks }) =>
    playbooks === null ? [] : signalsUnder({ file: playbooks, path: ['playbooks'], pack: name, rule: null }),
  );
  return {
    configuration,
    main: mainFile,
    packs: opened,
    files: [mainFile, ...opened.flatMap(({ rules, playbooks }) => [rules, playbooks])].filter(
      (file) => file !== null,
    ),
    rules,
    signals: [...rules.flatMap(({ signals }) => signals), ...ofPlaybooks],
    scrapeMs: ({ kind }) => (kind === 'scrape' ? ownScrapeMs(configuration, main !== null) : assumedScrapeMs),
  };
}

/** The slowest page: a query may read any of them. */
function ownScrapeMs({ scrape }: Configuration, known: boolean): number {
  if (!known || scrape === null || scrape.pages.length === 0) return assumedScrapeMs;
  return Math.max(...scrape.pages.map(({ everyMs }) => everyMs));
}

/** What the checks found that need nothing but the files. */
export function findOffline(lint: Lint): readonly CodedHit[] {
  return Object.entries(checks).flatMap(([code, check]) =>
    [...check.find(lint)].map((hit) => ({ ...hit, code })),
  );
}

/** What is told in the end. */
export interface LintReport {
  /** Worst first, then by place. */
  readonly findings: readonly Finding[];
  /** How many findings comments have silenced. */
  readonly silenced: number;
}

/**
 * Makes findings of hits, without those that comments silence, with those about such comments.
 *
 * @param today `2026-11-21`
 * @param explained what is to be said of each code that was looked for
 * @param known every code there is, looked for or not
 */
export function report(
  lint: Lint,
  hits: readonly CodedHit[],
  {
    today,
    explained,
    known,
  }: {
    readonly today: string;
    readonly explained: Readonly<Record<string, Explained>>;
    readonly known: ReadonlySet<string>;
  },
): LintReport {
  const found = hits.map((hit) => findingOf(hit, explained[hit.code]));
  const {
    left,
    silenced,
    hits: own,
  } = applySilences(found, lint.files.flatMap(silencesIn), {
    today,
    known,
    asked: new Set(Object.keys(explained)),
  });
  const about = own.map((hit) => findingOf(hit, silenceCodes[hit.code]));
  return { findings: [...left, ...about].toSorted(byWeight), silenced };
}

function findingOf(
  { code, at, message, gravity, remedy }: CodedHit,
  explained: Explained = { gravity: 'warning', why: '', remedy: '' },
): Finding {
  const { file, from, to } = at;
  const { line, column } = file.position(from);
  const end = file.position(Math.max(from, to - 1));
  const whole = file.line(line);
  const excerpt = whole.length > longestExcerpt ? '' : whole;
  const last = end.line === line ? end.column : whole.trimEnd().length;
  return {
    code,
    gravity: gravity ?? explained.gravity,
    file: file.name,
    line,
    column,
    length: Math.max(1, last - column + 1),
    excerpt,
    message,
    why: explained.why,
    remedy: remedy ?? explained.remedy,
  };
}

/** Nobody reads a longer line, and a thousand findings may stand on it. */
const longestExcerpt = 2_000;

function byWeight(a: Finding, b: Finding): number {
  const weight = compareGravity(a.gravity, b.gravity);
  if (weight !== 0) return weight;
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column || (a.code < b.code ? -1 : 1);
}
