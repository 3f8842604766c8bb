import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { git } from '../../src/clients/git/git.ts';
import { aDirectory } from '../rollback/a-directory.ts';
import { never } from '../rollback/a-step.ts';

const protocols = ['https', 'ssh', 'file'];

test('a hostile remote never reaches git, whoever let it through before', async () => {
  const directory = aDirectory();
  const witness = join(directory, 'witness');
  const client = git({ stateDir: directory, protocols, environment: process.env });
  for (const url of [`ext::touch% ${witness}`, `--upload-pack=touch ${witness}`, '/srv/a\nb'])
    await expect(client.head({ name: 'shop', url, branch: 'main' }, never)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  const branch = `--upload-pack=touch${witness}`;
  await expect(client.head({ name: 'shop', url: directory, branch }, never)).rejects.toThrow(
    `the repository of shop: ${JSON.stringify(branch)} is not a branch name: it must not begin with a dash`,
  );
  expect(existsSync(witness)).toBe(false);
});
