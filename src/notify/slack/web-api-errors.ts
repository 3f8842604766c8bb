import { RollbackError } from '../../domain/errors.ts';
import { SECOND } from '../../domain/time.ts';

/** An answer of Slack, as it comes: nothing in it is believed before it is looked at. */
export type SlackAnswer = Readonly<Record<string, unknown>>;

/** Slack is at fault, or it is too much for it: later it works. */
const passing: ReadonlySet<string> = new Set([
  'fatal_error',
  'internal_error',
  'message_limit_exceeded',
  'rate_limited',
  'ratelimited',
  'request_timeout',
  'service_unavailable',
  'team_added_to_org',
]);

const token = 'put a valid token behind slack.app.bot_token and restart rollbackd';
const administrator = 'have an administrator of the workspace allow the app, or check slack.app.channel';

/** A person has to repair something, and then the same call works. What, by Slack's word. */
const repairs: Readonly<Record<string, string>> = {
  access_denied: administrator,
  account_inactive: token,
  channel_not_found: 'check slack.app.channel, and invite the app into the channel if it is private',
  ekm_access_denied: administrator,
  invalid_auth: token,
  is_archived: 'unarchive the channel, or name another in slack.app.channel',
  missing_scope: 'give the app that scope, install it again, and put its token behind slack.app.bot_token',
  no_permission: administrator,
  not_allowed_token_type: token,
  not_authed: token,
  not_in_channel: 'invite the app into the channel',
  org_login_required: administrator,
  restricted_action: administrator,
  restricted_action_non_threadable_channel: administrator,
  restricted_action_read_only_channel: administrator,
  restricted_action_thread_only_channel: administrator,
  team_access_not_granted: administrator,
  token_expired: token,
  token_revoked: token,
};

/** What to make of an answer that says no. */
export function saidNo(
  method: string,
  answer: SlackAnswer,
  wait: { readonly retryAfterMs?: number },
): RollbackError {
  const { error } = answer;
  // A proxy's page, or whatever else stands between.
  if (typeof error !== 'string' || !/^[a-z0-9_]{1,80}$/.test(error))
    return new RollbackError(
      'UNREACHABLE',
      `Slack answered ${method} with something that is not an answer of its API; it will be called again`,
      wait,
    );
  const said = `Slack answered ${method} with ${error}${detailOf(answer)}`;
  const facts = { slack: error, ...wait };
  if (passing.has(error)) return new RollbackError('UNREACHABLE', `${said}; it will be called again`, facts);
  const repair = Object.hasOwn(repairs, error) ? repairs[error] : undefined;
  if (repair !== undefined)
    return new RollbackError('UNREACHABLE', `${said}; ${repair}`, { ...facts, repair: true });
  return new RollbackError('REFUSED', `${said}; it is not taken as it is`, facts);
}

/** `(needs chat:write)`, `(/blocks/3: …)`. */
function detailOf({ needed, response_metadata: metadata }: SlackAnswer): string {
  if (typeof needed === 'string' && needed !== '') return ` (needs ${needed.slice(0, 80)})`;
  const messages = (metadata as { readonly messages?: unknown } | undefined)?.messages;
  const first: unknown = Array.isArray(messages) ? messages[0] : undefined;
  return typeof first === 'string' ? ` (${first.slice(0, 160)})` : '';
}

/** Slack's own word for why it said no; null for any other failure. */
export function slackWord(error: unknown): string | null {
  const word = error instanceof RollbackError ? error.facts['slack'] : null;
  return typeof word === 'string' ? word : null;
}

/** How long Slack asks to wait, from its header; null when it does not say. */
export function retryAfterMs(header: string | null): number | null {
  return header !== null && /^\d{1,6}$/.test(header.trim()) ? Number(header) * SECOND : null;
}
