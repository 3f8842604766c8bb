import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { commandRoutes } from '../../src/server/command-bodies.ts';

const page = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8');

test('docs/api.md lists every command with the role that it needs', () => {
  const listed = [...page.matchAll(/^\| `(\w+)` +\| (operator|approver|admin) +\|/gm)].map(
    ([, name, role]) => `${name} ${role}`,
  );

  const routes = Object.entries(commandRoutes).map(([name, { role }]) => `${name} ${role}`);
  expect(listed).toEqual([...routes, 'reload admin']);
});
