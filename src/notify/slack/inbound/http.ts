import { messageOf } from '../../../domain/errors.ts';
import type { Secret } from '../../../domain/secret.ts';
import type { Interactions, ReceivedAnswer, SignedRequest } from '../../../domain/ports/interactions.ts';
import type { Clock } from '../../../domain/ports/clock.ts';
import type { Log } from '../../../domain/ports/log.ts';
import { MINUTE } from '../../../domain/time.ts';
import type { Remark } from './desk.ts';
import type { Inbound } from './inbound.ts';
import { readClick, readCommand } from './interaction.ts';
import { Pace } from './pace.ts';
import { verify, type Refusal } from './signature.ts';

export interface RequestsOptions {
  readonly inbound: Pick<Inbound, 'receive'>;
  readonly secrets: readonly Secret[];
  readonly clock: Clock;
  readonly log: Log;
  readonly journal: (remark: Remark) => Promise<void>;
  readonly counted: (because: Refusal | 'replayed') => void;
}

/** More refused requests than this within a minute are told to people: somebody may be trying. */
const alertAbove = 10;
const empty: ReceivedAnswer = { status: 200, body: '' };

/** Takes what Slack posts to the API. Nothing is parsed before its signature was verified. */
export function slackRequests(options: RequestsOptions): Interactions {
  const refusals = new Refusals(options);
  return {
    receive: async (request) => {
      const { secrets, clock, log } = options;
      const verified = verify(request, secrets, clock.wall());
      if ('refused' in verified) return refusals.refuse(verified.refused);
      try {
        const quick = atOnce(request);
        if (quick !== null) return quick;
        const taken = await options.inbound.receive(verified.key, read(request));
        // A request that is sent again is answered like one that was forged: whoever replays it learns nothing.
        return taken === 'seen' ? await refusals.refuse('replayed') : empty;
      } catch (error) {
        log.error(
          { error: messageOf(error) },
          'what Slack posted could not be stored, so it is not acknowledged',
        );
        return { status: 503, body: 'try again' };
      }
    },
  };
}

/** Counts what is refused, and tells people when it becomes too much. */
class Refusals {
  readonly #options: RequestsOptions;
  readonly #pace: Pace;

  constructor(options: RequestsOptions) {
    this.#options = options;
    this.#pace = new Pace(options.clock, MINUTE);
  }

  async refuse(because: Refusal | 'replayed'): Promise<ReceivedAnswer> {
    const { counted, log, journal } = this.#options;
    counted(because);
    const count = this.#pace.count('refused');
    if (count <= alertAbove) log.warn({ because }, 'a request to /slack was refused');
    if (count === alertAbove + 1) {
      const remark: Remark = {
        type: 'slack.refused',
        message: `more than ${alertAbove} requests to /slack were refused within a minute, the last one as ${because.replace('_', ' ')}: somebody may be forging clicks, or the signing secret is not Slack's`,
        facts: { because },
        incident: null,
      };
      await journal(remark).catch((error: unknown) =>
        log.error({ error: messageOf(error) }, 'refused requests could not be journaled'),
      );
    }
    return { status: 401, body: '' };
  }
}

/** Questions of Slack itself about the address, which need no work. */
function atOnce({ body }: SignedRequest): ReceivedAnswer | null {
  const text = body.toString('utf8');
  if (text.startsWith('{')) {
    const asked = parsed(text) as { readonly type?: unknown; readonly challenge?: unknown } | null;
    const challenge = asked?.type === 'url_verification' ? asked.challenge : null;
    return typeof challenge === 'string'
      ? { status: 200, body: challenge.slice(0, 500) }
      : { status: 400, body: '' };
  }
  return new URLSearchParams(text).get('ssl_check') === '1' ? empty : null;
}

function read({ kind, body }: SignedRequest) {
  const form = new URLSearchParams(body.toString('utf8'));
  if (kind === 'interactions') return readClick(parsed(form.get('payload') ?? ''));
  return readCommand(Object.fromEntries(form));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
