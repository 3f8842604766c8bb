import type { Alert } from './read-alerts.ts';
import { writtenDuration } from './written.ts';

/** A rule of the pack to be, as YAML has it. */
export interface ImportedRule {
  readonly name: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** What people should know of it, one line each; goes above it as a comment. */
  readonly comments: readonly string[];
  /** The alerts that became its levels. */
  readonly alerts: readonly Alert[];
}

/**
 * Makes rules of alerts. Alerts of one name that read the same, with a severity each, become the levels of one rule;
 * others of the same name get a number.
 */
export function toRules(alerts: readonly Alert[]): readonly ImportedRule[] {
  const rules: { name: string; alerts: Alert[] }[] = [];
  for (const alert of alerts) {
    const same = rules.find((rule) => rule.alerts.every((other) => fitsBeside(alert, other)));
    if (same !== undefined) same.alerts.push(alert);
    else rules.push({ name: freeName(alert.name, new Set(rules.map(({ name }) => name))), alerts: [alert] });
  }
  return rules.map((rule) => ({ ...rule, ...bodyOf(rule.alerts) }));
}

function fitsBeside(a: Alert, b: Alert): boolean {
  return (
    a.name === b.name &&
    a.severity !== b.severity &&
    a.everyMs === b.everyMs &&
    a.keepFiringMs === b.keepFiringMs &&
    a.split.form !== 'filter' &&
    readOf(a) === readOf(b)
  );
}

/** What an alert reads and in which direction it looks: alerts that agree may share a rule. */
function readOf({ split }: Alert): string {
  switch (split.form) {
    case 'threshold':
      return `${split.query} ${split.operator}`;
    case 'ratio':
      return `${split.bad} / ${split.total} ${split.operator}`;
    case 'filter':
      return split.query;
  }
}

/** Names of rules stand in commands and metrics, so they are plainer than those of alerts. */
function freeName(alert: string, taken: ReadonlySet<string>): string {
  const plain =
    alert
      .replaceAll(/[^A-Za-z0-9_-]+/g, '-')
      .replaceAll(/^[-_]+|[-_]+$/g, '')
      .slice(0, 60) || 'alert';
  if (!taken.has(plain)) return plain;
  for (let number = 2; ; number++) if (!taken.has(`${plain}-${number}`)) return `${plain}-${number}`;
}

const bySeverity = { critical: 0, high: 1, medium: 2 } as const;

function bodyOf(alerts: readonly Alert[]): Pick<ImportedRule, 'body' | 'comments'> {
  const worstFirst = alerts.toSorted((a, b) => bySeverity[a.severity] - bySeverity[b.severity]);
  const [worst] = worstFirst;
  if (worst === undefined) return { body: {}, comments: [] };
  const { summary, comments } = wordsOf(worst);
  const runbook = worst.annotations['runbook_url'] ?? worst.annotations['runbook'];
  return {
    body: {
      summary,
      ...(runbook !== undefined && isPage(runbook) ? { runbook } : {}),
      every: writtenDuration(Math.max(100, worst.everyMs)),
      prometheus: signalOf(worst),
      levels: Object.fromEntries(worstFirst.map((alert) => [alert.severity, levelOf(alert)])),
      ...recoverOf(worst),
    },
    comments: [...comments, ...new Set(worstFirst.flatMap(({ notes }) => notes))],
  };
}

function signalOf({ split }: Alert): object {
  switch (split.form) {
    case 'threshold':
      return { query: split.query };
    case 'ratio':
      return { ratio: { bad: split.bad, total: split.total } };
    case 'filter':
      return { query: split.query, on_empty: 'ok' };
  }
}

function levelOf({ split, forMs, quiet }: Alert): object {
  const condition = split.form === 'filter' ? { at_least: 1 } : { [split.operator]: split.threshold };
  return { ...condition, for: writtenDuration(forMs), ...(quiet ? { do: 'monitor' } : {}) };
}

const opposites = { above: 'at_most', below: 'at_least', at_least: 'below', at_most: 'above' } as const;

/** `keep_firing_for`: it must not breach for as long before it ends. */
function recoverOf({ split, keepFiringMs }: Alert): object {
  if (keepFiringMs === 0) return {};
  const condition = split.form === 'filter' ? { below: 1 } : { [opposites[split.operator]]: split.threshold };
  return { recover: { ...condition, for: writtenDuration(keepFiringMs) } };
}

/** Annotations: one line is the summary, everything else a comment; templates have nothing to be filled in with. */
function wordsOf({ name, annotations }: Alert): {
  readonly summary: string;
  readonly comments: readonly string[];
} {
  const told = annotations['summary'] ?? annotations['title'] ?? annotations['message'] ?? name;
  const summary = plain(told).slice(0, 500) || name;
  const comments = Object.entries(annotations)
    .filter(([key, text]) => key !== 'runbook_url' && (text !== told || /\{\{/.test(text)))
    .map(([key, text]) => `${key}: ${text.replaceAll(/\s+/g, ' ').trim()}`);
  return { summary, comments };
}

function plain(text: string): string {
  return text
    .replaceAll(/\{\{.*?\}\}/gs, '…')
    .replaceAll(/\p{Cc}+/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

function isPage(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
}
