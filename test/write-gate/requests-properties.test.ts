import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { aGate, aService, bodyOf, requested } from './a-gate.ts';

const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,12}$/).map((text) => `X-P-${text}`);
const value = fc.stringMatching(/^[!-~]([ -~]{0,30}[!-~])?$/);
const headers = fc.uniqueArray(fc.tuple(name, value), {
  maxLength: 6,
  selector: ([text]) => text.toLowerCase(),
});
const path = fc
  .array(fc.stringMatching(/^[A-Za-z0-9._~!$&'()*+,;=:@%-]{1,12}$/), { maxLength: 5 })
  .map((parts) => `/${parts.join('/')}`);
const query = fc.stringMatching(/^[A-Za-z0-9._~!$&'()*+,;=:@%?/-]{0,30}$/);
const body = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.integer({ min: 0, max: 300_000 }).map((size) => new Uint8Array(size).fill(size % 251)),
);
const requests = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'),
  target: fc.tuple(path, query).map(([path, query]) => (query === '' ? path : `${path}?${query}`)),
  headers,
  body,
  chunked: fc.boolean(),
  answer: body,
  answerHeaders: headers,
  status: fc.constantFrom(200, 201, 400, 404, 500, 503),
});

test('what passes arrives byte for byte, in both directions', async () => {
  let heard: unknown;
  let say: { status: number; headers: [string, string][]; body: Uint8Array };
  const own = (raw: readonly string[]): string[][] =>
    raw.flatMap((text, index) =>
      index % 2 === 0 && text.startsWith('X-P-') ? [[text, raw[index + 1] ?? '']] : [],
    );
  const service = await aService(async (request, response) => {
    heard = {
      method: request.method,
      target: request.url,
      headers: own(request.rawHeaders),
      body: (await bodyOf(request)).toString('base64'),
    };
    response.writeHead(say.status, say.headers.flat());
    response.end(say.body);
  });
  const gate = await aGate(service.port);

  await fc.assert(
    fc.asyncProperty(requests, async (given) => {
      say = { status: given.status, headers: given.answerHeaders, body: given.answer };
      const sent =
        given.method === 'GET' || given.method === 'OPTIONS' ? Buffer.alloc(0) : Buffer.from(given.body);
      const length =
        given.chunked && sent.length > 0
          ? { 'transfer-encoding': 'chunked' }
          : { 'content-length': String(sent.length) };
      const answer = await requested(
        gate.port,
        {
          method: given.method,
          path: given.target,
          headers: { ...Object.fromEntries(given.headers), ...(sent.length === 0 ? {} : length) },
        },
        sent.length === 0 ? undefined : sent,
      );

      expect(answer.statusCode).toBe(given.status);
      expect(own(answer.rawHeaders)).toEqual(given.answerHeaders);
      expect((await bodyOf(answer)).equals(given.answer)).toBe(true);
      expect(heard).toEqual({
        method: given.method,
        target: given.target,
        headers: given.headers,
        body: sent.toString('base64'),
      });
    }),
    { numRuns: 200 },
  );
});
