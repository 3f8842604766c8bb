import type { SlackApp } from '../../../domain/notification.ts';
import type { Interaction } from './interaction.ts';

/** What is wrong with where something came from; the words of the counter. */
export type Strange = 'other_app' | 'other_team' | 'other_user_team' | 'other_channel' | 'automatic';

/**
 * Whether something was done by a hand, in this app, this team, by one of its own people, and, for answers to
 * questions, in the channel where questions are asked. A channel shared with another organisation has people of both.
 *
 * @returns null when it was
 */
export function strangeness(
  done: Interaction,
  here: Pick<SlackApp, 'app' | 'team' | 'channel'>,
): Strange | null {
  if (done.app !== here.app) return 'other_app';
  if (done.team !== here.team) return 'other_team';
  if (done.userTeam !== null && done.userTeam !== here.team) return 'other_user_team';
  if (done.automatic) return 'automatic';
  return isAnswer(done) && done.channel !== here.channel ? 'other_channel' : null;
}

/** What a clicker is told. */
export const strangeWords: Readonly<Record<Strange, string>> = {
  other_app: 'it came through another app',
  other_team: 'it came from another workspace',
  other_user_team: 'you belong to another workspace',
  other_channel: 'it came from another channel than the one where questions are asked',
  automatic: 'a workflow or an app did it, not a person',
};

/** Confirmations belong to a command, and commands may be typed anywhere in the team. */
function isAnswer(done: Interaction): boolean {
  return done.kind === 'click' && !done.action.startsWith('confirm_');
}
