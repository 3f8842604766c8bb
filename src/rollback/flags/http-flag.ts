import { publicUrl } from '../../clients/http.ts';
import { RollbackError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { msOf } from '../drivers/duration-option.ts';
import { curl, parsed } from '../quiesce/http.ts';
import { addressProblem, send, type RequestParts } from '../quiesce/request.ts';
import type { Held, RemoteFlag } from './remote-flag.ts';
import type { HttpFlag } from './remote-options.ts';
import { mayBeSecret } from './flags.ts';

/** A flag that is written and read over HTTP. */
export function httpRemote(options: HttpFlag, parts: RequestParts): RemoteFlag {
  const { url, method, headers, json, at, value, read, timeout } = options;
  const from = { url: read.url ?? url, headers: read.headers ?? headers, at: read.at ?? at ?? [] };
  const named = from.at.length === 0 ? '' : `${from.at.join('.')} at `;
  const timeoutMs = msOf(timeout);
  return {
    where: `${named}${publicUrl(url)}`,
    wanted: { value },
    hidden: mayBeSecret(`${publicUrl(url)} ${from.at.join('.')}`, value),
    problems: () => [url, from.url].flatMap((one) => addressProblem(one) ?? []).slice(0, 1),
    async look(signal) {
      const asked = `GET ${publicUrl(from.url)}`;
      const answer = await send({ ...from, method: 'GET' }, { opId: null, timeoutMs }, parts, signal);
      if (answer.status === 404) return null;
      if (answer.status < 200 || answer.status > 299)
        throw new RollbackError(
          answer.status >= 500 ? 'UNREACHABLE' : 'REFUSED',
          `${asked} answered ${answer.status}`,
        );
      const body = parsed(answer.body);
      if (body === undefined)
        throw new RollbackError('ANSWER_INVALID', `${asked} answered with something that is no JSON`);
      return memberAt(body as Json, from.at);
    },
    async put(held, opId, signal) {
      if (held === null)
        throw new RollbackError('REFUSED', `${publicUrl(url)} was not there before; take it out by hand`);
      const body = at === undefined ? held.value : withMember(json, at, held.value);
      const { status } = await send({ url, method, headers, json: body }, { opId, timeoutMs }, parts, signal);
      if (status < 200 || status > 299)
        throw new RollbackError('REFUSED', `${method} ${publicUrl(url)} answered ${status}`);
    },
    byHand: curl({ url, method, headers, json: at === undefined ? value : withMember(json, at, value) }),
  };
}

function memberAt(value: Json, path: readonly string[]): Held {
  let at: Json | undefined = value;
  for (const key of path) {
    if (at === null || typeof at !== 'object') return null;
    at = new Map<string, Json>(Object.entries(at)).get(key);
    if (at === undefined) return null;
  }
  return { value: at };
}

function withMember(map: Json, [key, ...rest]: readonly string[], value: Json): Json {
  if (key === undefined) return value;
  const members = map !== null && typeof map === 'object' && !Array.isArray(map) ? Object.entries(map) : [];
  const within = new Map<string, Json>(members);
  within.set(key, withMember(within.get(key) ?? {}, rest, value));
  return Object.fromEntries(within);
}
