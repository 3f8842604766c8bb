import type { Configuration } from '../../domain/configuration.ts';
import { audiences } from '../../domain/notification.ts';
import type { Playbook } from '../../domain/playbook.ts';
import { channelsFor } from '../../domain/routes.ts';
import type { Rule } from '../../domain/rule.ts';
import type { Check, Hit, Lint } from '../check.ts';
import type { SourceFile } from '../source-file.ts';

/** A communication plan that speaks to an audience which no channel reaches. */
export const unheard: Check = {
  gravity: 'info',
  why: 'What the plan has people told of falls due and goes nowhere; whoever relies on the plan believes that they know.',
  remedy:
    'Configure a channel for them, e.g. a webhook of the status page with audience: external, or name a plan without these announcements.',
  *find(lint): Generator<Hit> {
    const { channels, communications } = lint.configuration;
    const told = new Set<string>();
    for (const { playbook, file, name } of usedPlaybooks(lint)) {
      const { communication } = playbook;
      if (communication === null || told.has(communication)) continue;
      told.add(communication);
      const said = communications[communication]?.announcements ?? [];
      for (const audience of audiences) {
        const count = said.filter(({ to }) => to === audience).length;
        if (count === 0 || channelsFor(audience, channels).length > 0) continue;
        yield {
          at: file.value(['playbooks', name, 'communication']),
          message: `${communication} has ${count} ${audience} announcement${count === 1 ? '' : 's'}, and no channel is ${audience}`,
        };
      }
    }
  },
};

/** A step that tells people by a channel which does not lead to the team. */
export const unknownChannel: Check = {
  gravity: 'warning',
  why: 'A plan with this step is refused before its first effect: the incident is handed over when it should have been rolled back.',
  remedy: 'Name a channel of the team, or leave channel out to tell all of them.',
  *find(lint): Generator<Hit> {
    const { channels } = lint.configuration;
    const inHouse = channelsFor('internal', channels);
    const outside = channelsFor('external', channels);
    // Without any channel messages go to the log.
    const known = inHouse.length + outside.length === 0 ? ['log'] : inHouse;
    for (const { playbook, file, name } of usedPlaybooks(lint))
      for (const [index, { kind, options }] of playbook.steps.entries()) {
        const channel = kind === 'notify' ? channelOf(options) : null;
        if (channel === null || known.includes(channel)) continue;
        const why = outside.includes(channel) ? 'reaches users, not the team' : 'is not configured';
        yield {
          at: file.value(['playbooks', name, 'steps', index, 'notify', 'channel']),
          message: `the channel ${channel} ${why}; ${known.length === 0 ? 'there is none of the team' : `of the team there is ${known.join(', ')}`}`,
        };
      }
  },
};

function channelOf(options: unknown): string | null {
  if (options === null || typeof options !== 'object' || !('channel' in options)) return null;
  return typeof options.channel === 'string' ? options.channel : null;
}

interface UsedPlaybook {
  readonly playbook: Playbook;
  readonly file: SourceFile;
  /** In its pack. */
  readonly name: string;
}

/** The playbooks that a target or a rule of its packs names; none when a pack is looked at alone. */
function usedPlaybooks({ configuration, main, packs }: Lint): readonly UsedPlaybook[] {
  if (main === null) return [];
  const used = usedIds(configuration);
  return Object.values(configuration.playbooks).flatMap((playbook) => {
    const [pack, name = ''] = playbook.id.split('/');
    const file = packs.find((one) => one.name === pack)?.playbooks ?? null;
    return file === null || !used.has(playbook.id) ? [] : [{ playbook, file, name }];
  });
}

function usedIds({ targets, rules }: Configuration): ReadonlySet<string> {
  const packs = new Set(Object.values(targets).flatMap((target) => target.packs));
  return new Set([
    ...Object.values(targets).map(({ playbook }) => playbook),
    ...rules.filter(({ pack }) => packs.has(pack)).flatMap(namedBy),
  ]);
}

function namedBy({ levels }: Rule): readonly string[] {
  return levels.flatMap(({ want }) => ('playbook' in want ? (want.playbook ?? []) : []));
}
