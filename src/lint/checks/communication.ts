import type { Configuration } from '../../domain/configuration.ts';
import { audiences } from '../../domain/notification.ts';
import type { Playbook } from '../../domain/playbook.ts';
import { channelsFor } from '../../domain/routes.ts';
import type { Rule } from '../../domain/rule.ts';
import type { Check, Hit } from '../check.ts';

/** A communication plan that speaks to an audience which no channel reaches. */
export const unheard: Check = {
  gravity: 'info',
  why: 'What the plan has people told of falls due and goes nowhere; whoever relies on the plan believes that they know.',
  remedy:
    'Configure a channel for them, e.g. a webhook of the status page with audience: external, or name a plan without these announcements.',
  *find({ configuration, main, packs }): Generator<Hit> {
    if (main === null) return;
    for (const { id, communication } of firstWithEachPlan(configuration)) {
      const [pack, playbook = ''] = id.split('/');
      const file = packs.find(({ name }) => name === pack)?.playbooks ?? null;
      const said = configuration.communications[communication ?? '']?.announcements ?? [];
      for (const audience of audiences) {
        const count = said.filter(({ to }) => to === audience).length;
        if (file === null || count === 0 || channelsFor(audience, configuration.channels).length > 0)
          continue;
        yield {
          at: file.value(['playbooks', playbook, 'communication']),
          message: `${communication ?? ''} has ${count} ${audience} announcement${count === 1 ? '' : 's'}, and no channel is ${audience}`,
        };
      }
    }
  },
};

/** Of the playbooks that are in use, the first that names each plan. */
function firstWithEachPlan({ playbooks, targets, rules }: Configuration): readonly Playbook[] {
  const packs = new Set(Object.values(targets).flatMap((target) => target.packs));
  const used = new Set([
    ...Object.values(targets).map(({ playbook }) => playbook),
    ...rules.filter(({ pack }) => packs.has(pack)).flatMap(namedBy),
  ]);
  const named = Object.values(playbooks).filter(
    ({ id, communication }) => used.has(id) && communication !== null,
  );
  const byPlan = Map.groupBy(named, ({ communication }) => communication);
  return [...byPlan.values()].flatMap(([first]) => first ?? []);
}

function namedBy({ levels }: Rule): readonly string[] {
  return levels.flatMap(({ want }) => ('playbook' in want ? (want.playbook ?? []) : []));
}
