import type { Token } from '../domain/configuration.ts';
import { tokenShape } from './main-shapes.ts';
import type { Place } from './place.ts';
import type { ReadingContext } from './reading-context.ts';
import { resolveSecret } from './secrets.ts';

/** Loopback, so that nothing is open before tokens are given out. */
export const defaultListen = { host: '127.0.0.1', port: 7390 } as const;

const address = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:\s[\]]+)):(\d{1,5})$/;

/** `listen: HOST:PORT`. Anything but loopback needs tokens: who reaches the API could roll back. */
export function readListen(
  place: Place,
  hasTokens: boolean,
): { readonly host: string; readonly port: number } {
  if (place.value === undefined) return defaultListen;
  const match = typeof place.value === 'string' ? address.exec(place.value) : null;
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port > 65535) {
    place.problem('expected host:port such as 127.0.0.1:7390 or [::1]:7390');
    return defaultListen;
  }
  if (!isLoopback(host) && !hasTokens)
    place.problem(
      `${host} is reachable from elsewhere, so the API needs tokens; add tokens: or listen on 127.0.0.1`,
    );
  return { host, port };
}

/** Whether a host, as it stands in an address or URL, is this machine to itself. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** `tokens:`, one for each person or tool. */
export async function readTokens(place: Place, context: ReadingContext): Promise<readonly Token[]> {
  const tokens: Token[] = [];
  for (const item of place.items('tokens')) {
    const fields = item.fields(tokenShape);
    const secret =
      fields.token === undefined ? null : await resolveSecret(item.at('token'), fields.token, context);
    if (fields.name === undefined || fields.role === undefined || secret === null) continue;
    if (tokens.some((token) => token.name === fields.name))
      item.at('name').problem(`there is already a token ${fields.name}`);
    const twin = tokens.find((token) => token.token.reveal() === secret.reveal());
    if (twin !== undefined)
      item.at('token').problem(`is the same secret as that of ${twin.name}: nobody could tell who acted`);
    if (/\s/.test(secret.reveal())) item.at('token').problem('what it leads to holds white space');
    tokens.push({ name: fields.name, role: fields.role, token: secret });
  }
  return tokens;
}
