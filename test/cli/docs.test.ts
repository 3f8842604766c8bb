import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { commands } from '../../src/cli/commands.ts';
import type { CliCommand } from '../../src/cli/command.ts';

const page = readFileSync(new URL('../../docs/commands.md', import.meta.url), 'utf8');
const all: readonly CliCommand[] = Object.values(commands);

test.each(all.map((command) => [command.name, command] as const))(
  'docs/commands.md documents %s as its --help does',
  (_, { usage, options, examples }) => {
    const section = page.split('\n### ').find((part) => part.startsWith(`\`rollbackd ${usage}\`\n`)) ?? '';

    expect(section).not.toBe('');
    for (const [name, { help }] of Object.entries(options)) expect(section).toMatch(row(name, help));
    for (const example of examples) expect(section).toContain(example);
  },
);

test('every command is listed under its own name, and has examples', () => {
  expect(Object.keys(commands)).toEqual(all.map(({ name }) => name));
  expect(all.filter(({ examples }) => examples.length === 0)).toEqual([]);
});

function row(name: string, help: string): RegExp {
  return new RegExp(`--${name}[^|]*\` \\| ${help.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')} +\\|`);
}
