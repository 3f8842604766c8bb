import { partsOf } from '../domain/composition.ts';
import type { Configuration } from '../domain/configuration.ts';
import type { Message } from '../domain/ports/channel.ts';
import type { IncidentRow, NewEntry } from '../domain/ports/store.ts';
import { audienceOf, hears } from '../domain/routes.ts';
import { announce } from '../notify/announcement.ts';
import { compose, noLinks, type Links } from '../notify/compose.ts';
import type { Matter } from '../notify/contact-lines.ts';
import { inertLine } from '../notify/inert.ts';

/** Transitions that people hear of. The journal and the log hold all of them. */
const told: ReadonlySet<string> = new Set([
  'incident.opened',
  'level.fired',
  'decided',
  'plan.void',
  'plan.refused',
  'question.asked',
  'question.answered',
  'question.prolonged',
  'question.reminder',
  'question.expired',
  'question.superseded',
  'question.withdrawn',
  'answer.refused',
  'request.rollback',
  'request.emergency',
  'rollback.begun',
  'rollback.paused',
  'rollback.undoing',
  'rollback.holding',
  'rollback.settling',
  'effect.failed',
  'held.failed',
  'effect.unknown',
  'effect.found',
  'phase.failed',
  'phase.inconclusive',
  'incident.resumed',
  'incident.reminder',
  'incident.acknowledged',
  'incident.handed_over',
  'incident.closed',
  'release.bad_returned',
]);

/** Things of the daemon as a whole that people hear of. */
const announced: ReadonlySet<string> = new Set([
  'halted',
  'unhalted',
  'command.freeze',
  'command.unfreeze',
  'migration.begun',
  'migration.ended',
  'migration.failed',
  'migration.expired',
  'rule.unarmed',
  'release.bad_returned',
  'clock_jump',
  'config.refused',
  'journal.broken',
  'journal.unverified',
  'token.made',
  'token.revoked',
  'channel.failing',
  'channel.recovered',
  'message.given_up',
  'slack.refused',
]);

/** What the daemon as a whole tells loudly. */
const urgent: ReadonlySet<string> = new Set(['halted', 'journal.broken', 'channel.failing']);

/** A question says why it is asked, so the decision to ask is not told before it. */
function isTold({ type, facts }: NewEntry): boolean {
  return type === 'decided' ? facts['state'] !== 'planning' || facts['action'] !== 'ask' : told.has(type);
}

/** What decides who hears what, and who is named in it. */
export type Directory = Pick<Configuration, 'channels' | 'notify' | 'rules'>;

/**
 * What people are told of a journal entry on one channel; null when it stays in the journal. Channels that reach people
 * outside of the house hear what a communication plan announces to them, and nothing else.
 */
export function tell(
  entry: NewEntry,
  incident: IncidentRow | null,
  channel: string,
  directory: Directory,
  links: Links = noLinks,
): Message | null {
  const audience = audienceOf(channel, directory.channels);
  const target = incident?.target ?? entry.target;
  const isHeard = hears(channel, { target, severity: incident?.severity ?? null }, directory.notify);
  if (entry.type === 'announcement')
    return isHeard && entry.facts['audience'] === audience ? announce(entry, channel) : null;
  if (audience === 'external') return null;
  if (incident === null) return ofDaemon(entry, channel);
  if (!isHeard || !isTold(entry)) return null;
  const { contacts } = directory.notify;
  const matter = matterOf(incident, directory);
  return compose({ transition: entry, incident, channel, contacts, matter, links });
}

/** Things of the daemon as a whole have no severity, so no route keeps them from anybody. */
function ofDaemon({ type, at, target, message, facts }: NewEntry, channel: string): Message | null {
  // A channel that fails is not told so: nothing gets through, and later it is no news.
  if (!announced.has(type) || facts['channel'] === channel) return null;
  return {
    key: `${target ?? 'daemon'}/${type}/${at}/${channel}`,
    channel,
    incident: null,
    at,
    title: inertLine(message, 1_000),
    text: '',
    story: null,
    urgent: urgent.has(type),
  };
}

/** What the leading rule is about: a rule of hosts and disks is for those who run the machines. */
function matterOf({ rule: id }: IncidentRow, { rules }: Directory): Matter {
  const rule = rules.find((known) => known.id === id);
  if (rule === undefined) return 'service';
  const isHost = rule.scope === 'host' || partsOf(rule).some(({ source }) => source.kind === 'disk');
  return isHost ? 'host' : 'service';
}
