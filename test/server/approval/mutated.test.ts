import { expect, test } from 'vitest';
import { aQuestion } from './a-question.ts';
import { ApprovalServer } from './approval-server.ts';

const signs = 'ABCxyz019-_.~';
/** Of each part of the request as many as it has characters, and then some. */
const rounds = 3;

test('of a right answer no character of link, page token, token or origin can be changed', async () => {
  await using server = await ApprovalServer.open(aQuestion());
  const { text } = await server.get();
  const right = {
    link: server.path.replace('/approve/', ''),
    csrf: /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? '',
    origin: server.origin,
    // Last, because there are few tries.
    credential: 'secret-of-the-approver',
  };
  const post = ({ link, csrf, credential, origin }: typeof right) =>
    server.send('POST', `/approve/${link}`, {
      fields: { csrf, credential, answer: 'approve' },
      headers: { origin },
    });

  const statuses: number[] = [];
  for (const part of Object.keys(right) as (keyof typeof right)[])
    for (let nth = 0; nth < right[part].length * rounds; nth += 1)
      statuses.push((await post({ ...right, [part]: changed(right[part], nth) })).status);

  expect(statuses.length).toBeGreaterThan(500);
  expect(statuses.filter((status) => ![403, 404, 409, 429].includes(status))).toEqual([]);
  expect(server.decided.filter((line) => line.includes('approve {'))).toEqual([]);
});

/** Another character in one place; each time another place, and then another character. */
function changed(text: string, nth: number): string {
  const at = nth % text.length;
  const others = Array.from(signs).filter((sign) => sign !== text[at]);
  const other = others[(nth * 7 + Math.floor(nth / text.length)) % others.length] ?? '~';
  return `${text.slice(0, at)}${other}${text.slice(at + 1)}`;
}
