import type { RuleView, StatusView } from '../../domain/ports/daemon.ts';
import type { SeenReading } from './state.ts';

/** What was read since the status before, oldest first; all that was read last where there is none. */
export function newReadings(before: StatusView | null, status: StatusView): readonly SeenReading[] {
  const last = new Map(before === null ? [] : rulesOf(before).map((rule) => [keyOf(rule), rule.readAt]));
  return rulesOf(status)
    .flatMap((view) => {
      const { rule, subject, verdict, detail, readAt } = view;
      return readAt === null || last.get(keyOf(view)) === readAt
        ? []
        : [{ at: readAt, subject, rule, verdict, detail }];
    })
    .toSorted((a, b) => a.at - b.at);
}

function rulesOf({ targets, hosts }: StatusView): readonly RuleView[] {
  return [...targets.flatMap(({ rules }) => rules), ...hosts];
}

function keyOf({ rule, subject }: RuleView): string {
  return `${rule}\0${subject}`;
}
