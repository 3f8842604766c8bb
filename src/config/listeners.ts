import type { ChannelPart, NotifyPart } from '../domain/notification.ts';
import { channelsFor, hears } from '../domain/routes.ts';
import type { Mode, Rule, Severity } from '../domain/rule.ts';
import type { Target } from '../domain/target.ts';
import type { Place } from './place.ts';
import type { PlacedTarget } from './targets.ts';

/** Warns of questions that nobody would hear of: a level asks, and no channel reaches those who could answer. */
export function checkListeners(
  main: Place,
  { targets, rules }: { readonly targets: readonly PlacedTarget[]; readonly rules: readonly Rule[] },
  daemon: { readonly mode: Mode; readonly channels: ChannelPart; readonly notify: NotifyPart },
): void {
  const internal = channelsFor('internal', daemon.channels);
  for (const { target, place } of targets) {
    for (const { rule, severity } of questionsAbout(target, rules, daemon.mode)) {
      const heard = internal.some((channel) =>
        hears(channel, { target: target.name, severity }, daemon.notify),
      );
      if (heard) continue;
      const asks = `rule ${rule.id} asks people about ${target.name} (${severity.toUpperCase()})`;
      if (internal.length === 0)
        main
          .at('targets')
          .warning(
            `${asks}, and only the log would know; add slack:, email: or webhooks:`,
            'notify/nobody-told',
            'key',
          );
      else place.warning(`${asks}, and no route leads to a channel`, 'notify/nobody-told', 'key');
      if (internal.length === 0) return;
      break;
    }
  }
}

/** Below `approve` nobody is asked. */
function asksIn(limits: readonly Mode[]): boolean {
  return !limits.includes('shadow') && !limits.includes('notify');
}

function questionsAbout(
  { packs, mode }: Target,
  rules: readonly Rule[],
  daemonMode: Mode,
): readonly { readonly rule: Rule; readonly severity: Severity }[] {
  return rules
    .filter((rule) => packs.includes(rule.pack) && asksIn([daemonMode, mode, rule.mode]))
    .flatMap((rule) =>
      rule.levels.filter(({ want }) => want.action === 'ask').map(({ severity }) => ({ rule, severity })),
    );
}
