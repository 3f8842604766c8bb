import type { Json } from '../../../domain/json.ts';

/** Who clicked or typed, and where from, as Slack tells it. Nothing of this is believed before it was checked. */
export interface Origin {
  readonly app: string;
  readonly team: string;
  readonly user: string;
  /** The team that the user belongs to; commands do not say. */
  readonly userTeam: string | null;
  readonly channel: string;
  /** Done by a workflow or a function of an app, not by a hand. */
  readonly automatic: boolean;
  /** Where one may be answered alone, for half an hour; may be empty. */
  readonly responseUrl: string;
  /** Opens a window within three seconds; may be empty. */
  readonly trigger: string;
}

/** What a person did in Slack, as far as rollbackd has a use for it: this is what is stored. */
export type Interaction =
  | (Origin & { readonly kind: 'click'; readonly action: string; readonly value: string })
  | (Origin & { readonly kind: 'command'; readonly text: string });

/** Why something that came in is not taken: it has no use here, or not the form that Slack gives it. */
export interface NotTaken {
  readonly kind: 'not_taken';
  readonly reason: 'of_no_use' | 'malformed';
}

const idPattern = /^[A-Z0-9]{1,40}$/;
const longest = { action: 255, value: 200, text: 3_000, responseUrl: 1_000, trigger: 200 };

/** Reads a click (`block_actions`). Reads own members only, of the expected type and length; never throws. */
export function readClick(payload: unknown): Interaction | NotTaken {
  if (textAt(payload, ['type'], 50) !== 'block_actions') return notTaken('of_no_use');
  const actions = memberOf(payload, 'actions');
  const [action, ...others] = Array.isArray(actions) ? (actions as readonly unknown[]) : [];
  if (others.length > 0) return notTaken('malformed');
  const name = textAt(action, ['action_id'], longest.action);
  const value = textAt(action, ['value'], longest.value) ?? '';
  const origin = originOf({
    app: textAt(payload, ['api_app_id'], 40),
    team: textAt(payload, ['team', 'id'], 40),
    user: textAt(payload, ['user', 'id'], 40),
    userTeam: textAt(payload, ['user', 'team_id'], 40),
    channel: textAt(payload, ['channel', 'id'], 40) ?? textAt(payload, ['container', 'channel_id'], 40),
    automatic: isAutomatic(payload),
    responseUrl: textAt(payload, ['response_url'], longest.responseUrl),
    trigger: textAt(payload, ['trigger_id'], longest.trigger),
  });
  if (name === null || origin === null || origin.userTeam === null) return notTaken('malformed');
  return { kind: 'click', ...origin, action: name, value };
}

/** Reads a slash command. Reads own members only, of the expected type and length; never throws. */
export function readCommand(payload: unknown): Interaction | NotTaken {
  const text = textAt(payload, ['text'], longest.text) ?? '';
  const command = textAt(payload, ['command'], 100);
  const origin = originOf({
    app: textAt(payload, ['api_app_id'], 40),
    team: textAt(payload, ['team_id'], 40),
    user: textAt(payload, ['user_id'], 40),
    userTeam: null,
    channel: textAt(payload, ['channel_id'], 40),
    automatic: isAutomatic(payload),
    responseUrl: textAt(payload, ['response_url'], longest.responseUrl),
    trigger: textAt(payload, ['trigger_id'], longest.trigger),
  });
  return command === null || origin === null ? notTaken('malformed') : { kind: 'command', ...origin, text };
}

/** What was stored before; null when another version stored it. */
export function storedInteraction(payload: Json): Interaction | null {
  const kind = textAt(payload, ['kind'], 20);
  const whole = textAt(payload, ['user'], 40) !== null && textAt(payload, ['channel'], 40) !== null;
  if (!whole || (kind !== 'click' && kind !== 'command')) return null;
  return payload as unknown as Interaction;
}

type Written = { readonly [Key in keyof Origin]: Origin[Key] | null };

function originOf(written: Written): Origin | null {
  const { app, team, user, channel, userTeam } = written;
  if (app === null || team === null || user === null || channel === null) return null;
  const ids = [app, team, user, channel, ...(userTeam === null ? [] : [userTeam])];
  if (!ids.every((id) => idPattern.test(id))) return null;
  return {
    app,
    team,
    user,
    channel,
    userTeam,
    automatic: written.automatic === true,
    responseUrl: written.responseUrl ?? '',
    trigger: written.trigger ?? '',
  };
}

/** Steps of workflows and functions of apps carry these; a hand on a button never does. */
function isAutomatic(payload: unknown): boolean {
  return ['function_data', 'workflow', 'bot_access_token', 'bot_id'].some(
    (name) => memberOf(payload, name) !== undefined,
  );
}

function textAt(value: unknown, path: readonly string[], most: number): string | null {
  let found = value;
  for (const name of path) found = memberOf(found, name);
  return typeof found === 'string' && found.length <= most ? found.toWellFormed() : null;
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

function notTaken(reason: NotTaken['reason']): NotTaken {
  return { kind: 'not_taken', reason };
}
