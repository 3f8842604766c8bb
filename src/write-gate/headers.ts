import type { IncomingMessage } from 'node:http';

/** Speak of one connection only, so that they end at the gate (RFC 9110, 7.6.1). */
const ofConnection: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);

/** Headers as the wire has them: name, value, name, value…; order, case and repetitions stay. */
export type RawHeaders = readonly string[];

/** Without those that end here, and those that `Connection` names. */
export function endToEnd(raw: RawHeaders, connection: string | undefined): string[] {
  const named = connection === undefined ? null : namesIn(connection);
  const kept: string[] = [];
  for (let index = 0; index < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase();
    if (ofConnection.has(name) || named?.has(name) === true) continue;
    kept.push(raw[index] ?? '', raw[index + 1] ?? '');
  }
  return kept;
}

/** `Connection: keep-alive` and `close` name nothing, and are nearly all there are. */
function namesIn(connection: string): ReadonlySet<string> | null {
  const said = connection.toLowerCase();
  if (said === 'keep-alive' || said === 'close') return null;
  const names = new Set(said.split(',').map((name) => name.trim()));
  // Nobody may strip what frames the message or says whose it is.
  for (const name of ['host', 'content-length', 'expect', 'authorization', 'cookie']) names.delete(name);
  return names;
}

/** What the service is told of a request, `Transfer-Encoding` and `Upgrade` of its own connection apart. */
export function forwarded(request: IncomingMessage): string[] {
  const { headers, rawHeaders, socket } = request;
  const kept = endToEnd(rawHeaders, headers.connection);
  const from = socket.remoteAddress ?? 'unknown';
  const earlier = headers['x-forwarded-for'];
  if (earlier === undefined) kept.push('X-Forwarded-For', from);
  else replace(kept, 'x-forwarded-for', `${[earlier].flat().join(', ')}, ${from}`);
  if (headers['x-forwarded-proto'] === undefined) kept.push('X-Forwarded-Proto', 'http');
  if (headers['x-forwarded-host'] === undefined && headers.host !== undefined)
    kept.push('X-Forwarded-Host', headers.host);
  return kept;
}

/** The first of that name gets the value, and the others go. */
function replace(raw: string[], name: string, value: string): void {
  const at = raw.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === name);
  for (let index = raw.length - 2; index > at; index -= 2)
    if (raw[index]?.toLowerCase() === name) raw.splice(index, 2);
  raw[at + 1] = value;
}
