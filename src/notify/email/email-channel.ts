import { messageOf, RollbackError } from '../../domain/errors.ts';
import type { EmailChannel } from '../../domain/notification.ts';
import type { Channel, Message } from '../../domain/ports/channel.ts';
import type { Report } from '../../domain/ports/daemon.ts';
import type { Log } from '../../domain/ports/log.ts';
import { formatDuration, SECOND } from '../../domain/time.ts';
import { mailOf } from './mail.ts';
import { submit, type Submission } from './smtp.ts';
import { formsOf, smtpError } from './smtp-failure.ts';

export interface EmailOptions {
  readonly email: EmailChannel;
  readonly environment: string;
  /** The report on an incident that is closed, made when it is sent; null when there is none. */
  readonly report: (incident: string) => Promise<Report | null>;
  readonly log: Log;
  /** Certificates to trust, in PEM, in the place of the system's. */
  readonly ca?: string;
  /** For a whole mail. */
  readonly timeoutMs?: number;
}

const name = 'email';

/**
 * Sends mails: one thread an incident, with the report attached to its last one. A mail counts as sent when the server
 * took it for one receiver at least; those that it refused are logged.
 */
export function emailChannel(options: EmailOptions): Channel {
  const { email, environment, log, timeoutMs = 60 * SECOND } = options;
  const { from, to } = email;
  return {
    name,
    joins: 10,
    send: async (messages, _, signal) => {
      const report = await reportFor(messages, options);
      const mail = mailOf({ messages, environment, from, to, report });
      const deadline = AbortSignal.timeout(timeoutMs);
      const { refused } = await handIn(options, mail, { signal, deadline, timeoutMs });
      if (refused.length > 0)
        log.warn(
          { channel: name, message: messages[0].key, refused },
          'the mail server refused some receivers',
        );
    },
  };
}

interface Limits {
  readonly signal: AbortSignal;
  readonly deadline: AbortSignal;
  readonly timeoutMs: number;
}

async function handIn(
  { email, ca }: EmailOptions,
  mail: ReturnType<typeof mailOf>,
  { signal, deadline, timeoutMs }: Limits,
): Promise<Submission> {
  const { server, user, password } = email;
  try {
    const smtp = { server, user, password, ...(ca === undefined ? {} : { ca }) };
    return await submit(smtp, mail, AbortSignal.any([signal, deadline]));
  } catch (error) {
    if (signal.aborted)
      throw new RollbackError('ABORTED', 'interrupted while sending a mail; it will be sent again');
    if (deadline.aborted)
      throw new RollbackError(
        'UNREACHABLE',
        `the mail server ${server} did not take a mail within ${formatDuration(timeoutMs)}; it will be sent again`,
      );
    throw smtpError(server, error, password === null ? [] : formsOf(user ?? '', password.reveal()));
  }
}

/** Only an incident that is closed has one; a report that cannot be made does not keep the message back. */
async function reportFor(
  messages: readonly Message[],
  { report, log }: EmailOptions,
): Promise<Report | null> {
  const closing = messages.find(({ story }) => story?.type === 'incident.closed');
  if (closing?.incident === null || closing === undefined) return null;
  try {
    return await report(closing.incident);
  } catch (error) {
    log.warn(
      { incident: closing.incident, error: messageOf(error) },
      'a mail goes without the report, which could not be made',
    );
    return null;
  }
}
