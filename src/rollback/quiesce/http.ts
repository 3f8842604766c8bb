import { publicUrl } from '../../clients/http.ts';
import { RollbackError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { asShell } from '../drivers/shell-text.ts';
import type { HttpCall, QuiesceOptions } from './options.ts';
import { bySomebody, hasBegun, type Ownership, type Quiescer } from './quiescer.ts';
import { addressProblem, send, type Request, type RequestParts } from './request.ts';

/** Holds writes off by a switch that is reached over HTTP. It cannot say who turned it, so the daemon's notes do. */
export function httpQuiescer(
  { set, release, read }: NonNullable<QuiesceOptions['http']>,
  timeoutMs: number,
  parts: RequestParts & Ownership,
): Quiescer {
  const isHeldOff = async (opId: string | null, signal: AbortSignal): Promise<boolean> => {
    const answer = await send({ ...read, method: 'GET' }, { opId, timeoutMs }, parts, signal);
    const { status = 200, json } = read.expect;
    const fits = answer.status === status && (json === undefined || holds(parsed(answer.body), json));
    if (!fits && answer.status >= 500)
      throw new RollbackError(
        'UNREACHABLE',
        `GET ${publicUrl(read.url)} answered ${answer.status}; whether writes are held off is unknown`,
      );
    return fits;
  };
  const turned = async (call: HttpCall, opId: string, signal: AbortSignal): Promise<string | null> => {
    const { status } = await send(call, { opId, timeoutMs }, parts, signal);
    return status >= 200 && status < 300 ? null : `${call.method} ${publicUrl(call.url)} answered ${status}`;
  };
  const quiescer: Quiescer = {
    where: publicUrl(set.url),
    problems: () => [set.url, release.url, read.url].flatMap((url) => addressProblem(url) ?? []),
    async look(opId, signal) {
      if (!(await isHeldOff(opId, signal))) return { is: 'open' };
      return (await hasBegun(opId, parts)) ? { is: 'ours' } : bySomebody;
    },
    before: () => Promise.resolve(null),
    hold: (opId, signal) => turned(set, opId, signal),
    letGo: async (opId, signal) => ((await hasBegun(opId, parts)) ? turned(release, opId, signal) : null),
    renew: async (opId, signal) =>
      (await isHeldOff(opId, signal)) ? null : `${publicUrl(read.url)} says that writes pass`,
    byHand: { hold: curl(set), letGo: curl(release) },
  };
  return quiescer;
}

/** undefined: it is no JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function holds(value: unknown, wanted: Json): boolean {
  if (wanted === null || typeof wanted !== 'object') return value === wanted;
  if (value === null || typeof value !== 'object' || Array.isArray(value) !== Array.isArray(wanted))
    return false;
  const members = new Map(Object.entries(value));
  return Object.entries(wanted).every(([key, member]) => holds(members.get(key), member));
}

/** The request as a person would send it; secrets by the name of where they stand. */
export function curl({ url, method, headers, json, body }: Request): string {
  const named = Object.entries(headers).flatMap(([name, value]) => [
    '-H',
    `${name}: ${typeof value === 'string' ? value : `<${'file' in value ? value.file : value.env}>`}`,
  ]);
  const sent = json === undefined ? body : JSON.stringify(json);
  return asShell([
    'curl',
    '-fsS',
    '-X',
    method,
    ...named,
    ...(sent === undefined ? [] : ['--data', sent]),
    url,
  ]);
}
