import { messageObject } from './methods.ts';
import type { Person } from './people.ts';
import type { Post, Workspace } from './workspace.ts';

/** Which button somebody clicks, and what is untrue about the click. */
export interface Click {
  readonly user: Person | string;
  readonly action: string;
  readonly value: string;
  /** The message with the button; the newest card unless stated. */
  readonly on?: Post;
  readonly app?: string;
  readonly team?: string;
  /** The team that the user belongs to; that of the person unless stated. */
  readonly userTeam?: string;
  readonly channel?: string;
}

/** What somebody types behind `/rollbackd`. */
export interface Typed {
  readonly user: Person | string;
  readonly text: string;
  readonly app?: string;
  readonly team?: string;
  readonly channel?: string;
  readonly command?: string;
}

/** A click as Slack tells of it. */
export function clickPayload(workspace: Workspace, url: string, click: Click): Record<string, unknown> {
  const { action, value, on = workspace.cards().at(-1) } = click;
  const { app = workspace.app, team = workspace.team, channel = workspace.channel } = click;
  const person = personOf(workspace, click.user);
  const ts = on?.ts ?? '0.0';
  return {
    type: 'block_actions',
    user: {
      id: person.id,
      username: person.name,
      name: person.name,
      team_id: click.userTeam ?? person.team,
    },
    api_app_id: app,
    token: 'verification-token',
    container: { type: 'message', message_ts: ts, channel_id: channel, is_ephemeral: on === undefined },
    trigger_id: `trigger.${workspace.stamp()}`,
    team: { id: team, domain: 'fake' },
    enterprise: null,
    is_enterprise_install: false,
    channel: { id: channel, name: 'production' },
    ...(on === undefined ? {} : { message: messageObject(workspace, on, false) }),
    state: { values: {} },
    response_url: `${url}/response/${person.id}`,
    actions: [
      {
        action_id: action,
        block_id: 'answer',
        type: 'button',
        text: { type: 'plain_text', text: action, emoji: true },
        value,
        action_ts: workspace.stamp(),
      },
    ],
  };
}

/** A slash command as Slack tells of it. */
export function commandPayload(workspace: Workspace, url: string, typed: Typed): Record<string, string> {
  const { text, app = workspace.app, team = workspace.team, channel = workspace.channel } = typed;
  const person = personOf(workspace, typed.user);
  return {
    token: 'verification-token',
    team_id: team,
    team_domain: 'fake',
    channel_id: channel,
    channel_name: 'production',
    user_id: person.id,
    user_name: person.name,
    command: typed.command ?? '/rollbackd',
    text,
    api_app_id: app,
    is_enterprise_install: 'false',
    response_url: `${url}/response/${person.id}`,
    trigger_id: `trigger.${workspace.stamp()}`,
  };
}

function personOf(workspace: Workspace, user: Person | string): Person {
  if (typeof user !== 'string') return user;
  return (
    workspace.people.get(user) ?? { id: user, name: user.toLowerCase(), kind: 'member', team: workspace.team }
  );
}
