import { controlKeys } from '../../domain/controls.ts';
import type { Json } from '../../domain/json.ts';
import type { Actor, Command } from '../../domain/command.ts';
import type { CommandAnswer } from '../../domain/ports/daemon.ts';
import type { BugReport } from '../../domain/ports/reports.ts';
import { reportsOf, stillKept, withReport } from '../bug-reports.ts';
import type { Core } from '../core.ts';
import type { Turn } from '../turn.ts';
import { accepted, unknownTarget } from './answers.ts';

/** A person confirms that a target has a bug. Said twice, it counts once, from the second time on. */
export function bug(
  core: Core,
  { target, issue, by, note }: Extract<Command, { do: 'bug' }>,
  actor: Actor,
): Promise<CommandAnswer> {
  return core.turn((turn) => {
    if (core.book.target(target) === null) return unknownTarget(core, target);
    prune(core, turn);
    const report: BugReport = { issue, by: by ?? actor.name, at: turn.at };
    const { reports, repeated } = withReport(reportsOf(core.book, target), report);
    turn.control(controlKeys.reports(target), rowsOf(reports));
    const named = reports.at(-1)?.issue ?? report.issue;
    const people = reports.filter((one) => one.issue === named).length;
    turn.note({
      type: 'command.bug',
      target,
      message: `${report.by} reported ${named} of ${target}${repeated ? ' again' : ''}${note === '' ? '' : `: ${note}`}`,
      facts: { by: report.by, enteredBy: actor.name, issue: named, note },
    });
    const counted = `${people} ${people === 1 ? 'person has' : 'people have'} reported it within a day`;
    return accepted(
      repeated
        ? `${named} of ${target} was noted before and counts once: ${counted}`
        : `${named} of ${target} is noted: ${counted}`,
    );
  });
}

/** Targets come and go; what nobody will count any more goes with the next report of any of them. */
function prune(core: Core, turn: Turn): void {
  const prefix = controlKeys.reports('');
  for (const key of core.book.controls.keys()) {
    if (!key.startsWith(prefix)) continue;
    const reports = reportsOf(core.book, key.slice(prefix.length));
    const kept = stillKept(reports, turn.at);
    if (kept.length < reports.length) turn.control(key, kept.length === 0 ? null : rowsOf(kept));
  }
}

function rowsOf(reports: readonly BugReport[]): Json {
  return reports.map(({ issue, by, at }) => ({ issue, by, at }));
}
