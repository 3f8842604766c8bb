import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestDocker } from './dockerd.ts';
import { pack, unpackWithModules } from './package.ts';
import { importRoot } from './root-image.ts';

const root = dirname(dirname(import.meta.dirname));

/** The tag of the image of this checkout. */
export const rollbackdImage = 'rollbackd:under-test';

/** Builds the image by the Dockerfile, on roots imported from this machine; once for each engine. */
export async function provideRollbackdImage(docker: TestDocker): Promise<void> {
  if ((await docker.cli('images', '--quiet', rollbackdImage)) !== '') return;
  await importRoot(docker, 'root/base:1', {
    files: ['/usr/bin/git', '/usr/lib/git-core/git-remote-http', '/etc/ssl/certs/ca-certificates.crt'],
    librariesFor: [process.execPath],
  });
  await importRoot(docker, 'root/node:26', {
    files: ['/usr/bin/strip'],
    as: { '/usr/local/bin/node': process.execPath },
  });
  await importRoot(docker, 'root/compose:1', { files: [], as: { '/docker-compose': '/bin/busybox' } });
  await build(docker);
}

async function build(docker: TestDocker): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'image-'));
  try {
    const context = join(folder, 'context');
    mkdirSync(context);
    unpackWithModules(join(folder, pack(folder).filename), context);
    const given = ['NODE=root/node:26', 'BASE=root/base:1', 'COMPOSE=root/compose:1'];
    await docker.cli(
      'build',
      ...given.flatMap((argument) => ['--build-arg', argument]),
      '--network=none',
      `--file=${join(root, 'Dockerfile')}`,
      `--tag=${rollbackdImage}`,
      context,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
