import type { ApproverGrant, NotifyPart, Route } from '../domain/notification.ts';
import { MINUTE } from '../domain/time.ts';
import { channelNames } from './channels.ts';
import { notifyShape } from './channel-shapes.ts';
import { readContacts } from './contacts.ts';
import { membersOf } from './members.ts';
import { approverShape, routeShape } from './people-shapes.ts';
import type { Place } from './place.ts';
import { unknownWord } from './suggest.ts';

/** What is told to whom: `notify` and `contacts` of the main file. */
export function readNotify(main: Place): NotifyPart {
  const notify = main.at('notify');
  const { reminders } = notify.value === undefined ? {} : notify.fields(notifyShape);
  return {
    routes: readRoutes(notify.at('routes'), { channels: channelNames(main), targets: targetNames(main) }),
    contacts: readContacts(main.at('contacts')),
    remindMs: reminders ?? 30 * MINUTE,
  };
}

/** `approvers:`, whose clicks and commands in Slack count. */
export function readApprovers(main: Place): readonly ApproverGrant[] {
  const place = main.at('approvers');
  const hasApp = main.at('slack').has('app');
  if (place.value !== undefined && !hasApp)
    place.problem('are people in Slack, who can only answer an app; add slack: { app: … }', 'key');
  if (hasApp && (place.value === undefined || (Array.isArray(place.value) && place.value.length === 0)))
    main
      .at('slack')
      .at('app')
      .warning('nobody in Slack may decide: there are no approvers', 'slack/no-approvers', 'key');
  return place.items('approvers').flatMap((item) => readGrant(item, targetNames(main)) ?? []);
}

interface Known {
  readonly channels: readonly string[];
  readonly targets: readonly string[];
}

function targetNames(main: Place): readonly string[] {
  return Object.keys(membersOf(main.at('targets').value));
}

function readRoutes(place: Place, known: Known): readonly Route[] {
  return place.items('routes').flatMap((item) => {
    const { channels, severities, targets } = item.fields(routeShape);
    checkNames(item.at('channels'), channels ?? [], { what: 'channel', known: known.channels });
    checkNames(item.at('targets'), targets ?? [], { what: 'target', known: known.targets });
    if (channels === undefined) return [];
    return [{ channels, targets: targets ?? null, severities: severities ?? null }];
  });
}

function readGrant(place: Place, known: readonly string[]): ApproverGrant | null {
  const fields = place.fields(approverShape);
  const { value } = place;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return null;
  const [users, groups] = [fields.slack_users ?? [], fields.slack_groups ?? []];
  const isWritten = (key: string): boolean => {
    const at = place.at(key).value;
    return at !== undefined && !(Array.isArray(at) && at.length === 0);
  };
  if (!isWritten('slack_users') && !isWritten('slack_groups'))
    place.problem('names nobody; expected slack_users or slack_groups', 'key');
  checkTwice(place.at('slack_users'), users);
  checkTwice(place.at('slack_groups'), groups);
  checkNames(place.at('targets'), fields.targets ?? [], { what: 'target', known });
  if (fields.role === 'operator' && place.has('up_to'))
    place.at('up_to').problem('means nothing here: an operator approves no step', 'key');
  return {
    users,
    groups,
    role: fields.role ?? 'approver',
    severities: fields.severities ?? null,
    targets: fields.targets ?? null,
    upTo: fields.up_to ?? 'disruptive',
  };
}

function checkNames(
  place: Place,
  written: readonly string[],
  { what, known }: { readonly what: string; readonly known: readonly string[] },
): void {
  for (const [index, name] of written.entries())
    if (!known.includes(name)) place.at(index).problem(unknownWord(`unknown ${what}`, name, known));
  checkTwice(place, written);
}

function checkTwice(place: Place, written: readonly string[]): void {
  for (const [index, name] of written.entries())
    if (written.indexOf(name) < index) place.at(index).problem(`${name} is listed twice`);
}
