import { controlKeys } from '../domain/controls.ts';
import type { BugReport } from '../domain/ports/reports.ts';
import { DAY } from '../domain/time.ts';
import type { Book } from './book.ts';

/** No rule looks back further. */
const keptMs = DAY;
/** Of one target; beyond them the oldest go. */
const most = 500;

/** The reports of a target that are kept, oldest first. */
export function reportsOf(book: Book, target: string): readonly BugReport[] {
  return book.control<readonly BugReport[]>(controlKeys.reports(target)) ?? [];
}

/** Reports with one more; the same person's earlier one of the same issue gives way, whatever its capitals. */
export function withReport(
  reports: readonly BugReport[],
  report: BugReport,
): { readonly reports: readonly BugReport[]; readonly repeated: boolean } {
  const known = reports.find(({ issue }) => same(issue, report.issue));
  const others = reports.filter(({ issue, by }) => !(same(issue, report.issue) && same(by, report.by)));
  // The first spelling of an issue stands: differently written ones would count apart.
  const entered = { ...report, issue: known?.issue ?? report.issue };
  return {
    reports: stillKept([...others, entered], report.at).slice(-most),
    repeated: others.length < reports.length,
  };
}

/** Those that a rule may still ask for. */
export function stillKept(reports: readonly BugReport[], now: number): readonly BugReport[] {
  return reports.filter(({ at }) => at > now - keptMs);
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
