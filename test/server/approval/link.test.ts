import { expect, test } from 'vitest';
import { approvalLinks, linkPath, openLink } from '../../../src/server/approval/link.ts';
import { DAY, MINUTE } from '../../../src/domain/time.ts';
import { start } from '../../fakes/clock.ts';
import { aVault } from './a-vault.ts';

const ticket = 'VqSZ8-ZJ3_k1p0a7cQb2Xw';
const dueAt = start + 15 * MINUTE;
const vault = aVault('of this daemon');
const written = (path: string): string => path.replace('/approve/', '');

test('a link names its ticket and its expiry, is signed, and always the same', () => {
  const links = approvalLinks({ publicUrl: 'https://ops.example/rollbackd', vault });

  expect(links(ticket, dueAt)).toMatch(
    /^https:\/\/ops\.example\/rollbackd\/approve\/VqSZ8-ZJ3_k1p0a7cQb2Xw\.1767701700\.[\w-]{43}$/,
  );
  expect(links(ticket, dueAt)).toBe(links(ticket, dueAt));
});

test('without a public address there are no links', () => {
  expect(approvalLinks({ publicUrl: null, vault })(ticket, dueAt)).toBeNull();
});

test('a link opens until a day after the deadline of its question', () => {
  const path = written(linkPath(vault, ticket, dueAt));
  const expiresAt = dueAt + DAY;

  expect(openLink(vault, path, start)).toEqual({ ticket, expiresAt });
  expect(openLink(vault, path, expiresAt - 1)).toEqual({ ticket, expiresAt });
  expect(openLink(vault, path, expiresAt)).toBeNull();
});

test('a link that was changed in any place does not open', () => {
  const path = written(linkPath(vault, ticket, dueAt));
  const changed = Array.from(path).map(
    (sign, at) => `${path.slice(0, at)}${sign === 'A' ? 'B' : 'A'}${path.slice(at + 1)}`,
  );
  const later = path.replace('.1767701700.', '.1867701700.');

  expect(
    [...changed, later, `${path}A`, path.slice(0, -1), ''].map((each) => openLink(vault, each, start)),
  ).toEqual(Array.from({ length: path.length + 4 }, () => null));
});

test('a link of another daemon, or a signature for another use, does not open', () => {
  const foreign = written(linkPath(aVault('of another daemon'), ticket, dueAt));
  const signed = `${ticket}.1767701700`;

  expect(openLink(vault, foreign, start)).toBeNull();
  expect(openLink(vault, `${signed}.${vault.sign('approval page', signed)}`, start)).toBeNull();
});
