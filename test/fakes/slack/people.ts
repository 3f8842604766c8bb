/** What somebody in the fake workspace is. */
export type Kind =
  'member' | 'guest' | 'single-channel guest' | 'bot' | 'app' | 'deleted' | 'foreign' | 'stranger';

/** Somebody who can click. */
export interface Person {
  readonly id: string;
  readonly name: string;
  readonly kind: Kind;
  readonly team: string;
}

/** As `users.info` tells of somebody. */
export function userObject({ id, name, kind, team }: Person): Record<string, unknown> {
  return {
    id,
    team_id: team,
    name,
    real_name: name,
    deleted: kind === 'deleted',
    is_bot: kind === 'bot',
    is_app_user: kind === 'app',
    is_admin: false,
    is_owner: false,
    is_restricted: kind === 'guest' || kind === 'single-channel guest',
    is_ultra_restricted: kind === 'single-channel guest',
    ...(kind === 'stranger' ? { is_stranger: true } : {}),
    profile: { real_name: name, display_name: name },
  };
}
