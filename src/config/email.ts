import type { EmailChannel } from '../domain/notification.ts';
import { emailShape } from './channel-shapes.ts';
import type { DistinctSecrets } from './distinct-secrets.ts';
import type { Place } from './place.ts';
import type { ReadingContext } from './reading-context.ts';
import { resolveSecret } from './secrets.ts';

/** `email:`, by the SMTP server of the house. */
export async function readEmail(
  place: Place,
  context: ReadingContext,
  distinct: DistinctSecrets,
): Promise<EmailChannel | null> {
  if (place.value === undefined) return null;
  const { server, user, password, from, to, audience } = place.fields(emailShape);
  const problem = server === undefined ? null : serverProblem(server);
  if (problem !== null) place.at('server').problem(problem);
  const at = place.at('password');
  if (place.has('user') !== place.has('password'))
    place
      .at(place.has('user') ? 'user' : 'password')
      .problem(`needs ${place.has('user') ? 'password' : 'user'}, too`, 'key');
  const secret = password === undefined ? null : await resolveSecret(at, password, context);
  if (secret !== null) distinct.take(at, 'email.password', secret);
  checkReceivers(place.at('to'), to ?? []);
  if (server === undefined || from === undefined || to === undefined) return null;
  return { server, user: user ?? null, password: secret, from, to, audience: audience ?? 'internal' };
}

function serverProblem(written: string): string | null {
  const url = URL.parse(written);
  const isSmtp = url !== null && (url.protocol === 'smtp:' || url.protocol === 'smtps:');
  if (!isSmtp || url.hostname === '' || /[\s\p{Cc}]/u.test(written))
    return 'expected a URL such as smtp://mail:587 or smtps://mail:465';
  if (url.username !== '' || url.password !== '')
    return 'must not hold a user or password; write user: and password: beside it';
  if ((url.pathname !== '' && url.pathname !== '/') || url.search !== '' || url.hash !== '')
    return 'must hold nothing after the port';
  return null;
}

function checkReceivers(place: Place, receivers: readonly string[]): void {
  for (const [index, receiver] of receivers.entries())
    if (receivers.findIndex((other) => other.toLowerCase() === receiver.toLowerCase()) < index)
      place.at(index).problem(`${receiver} is listed twice`);
}
