/** Requests that were not answered because of who sent them. */
export interface RefusedAccess {
  /** `10.0.0.7`, or the name of the token. */
  readonly source: string;
  /** No token that counts; too low a role; too many of them. */
  readonly why: 'unauthorized' | 'forbidden' | 'rate_limited';
  readonly count: number;
  /** What the last one asked for: `POST /api/v1/commands/:name`. Never what the caller made up. */
  readonly asked: string;
}

const reasons: Readonly<Record<RefusedAccess['why'], string>> = {
  unauthorized: 'no valid token',
  forbidden: 'the role is too low',
  rate_limited: 'too many in a minute',
};

/** One sentence for the journal. */
export function refusedAccessMessage({ source, why, count, asked }: RefusedAccess): string {
  const requests = count === 1 ? 'a request' : `${count} requests`;
  return `refused ${requests} from ${source}: ${reasons[why]}; ${count === 1 ? 'it was' : 'the last one was'} ${asked}`;
}

/** What happens at the pages behind approval links, to be counted. */
export type ApprovalPageEvent =
  | 'shown'
  | 'answered'
  /** Too late, for another plan, or not as it has to be. */
  | 'refused'
  /** The link is none of ours, was changed, or has expired. */
  | 'no_such_link'
  | 'wrong_credential'
  | 'throttled'
  /** An answer that did not come from our own page. */
  | 'forged';
