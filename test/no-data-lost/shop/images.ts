import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestDocker } from '../../support/dockerd.ts';
import { importRoot } from '../../support/root-image.ts';

/** Makes the images of the shop out of what this machine has: MariaDB, Redis, and the service in two releases. */
export async function makeImages(docker: TestDocker): Promise<void> {
  const messages = '/usr/share/mysql';
  const filesIn = (folder: string): string[] => readdirSync(folder).map((name) => join(folder, name));
  await importRoot(docker, 'shop-db:1', {
    files: ['/usr/sbin/mariadbd', ...filesIn(`${messages}/english`), ...filesIn(`${messages}/charsets`)],
  });
  await importRoot(docker, 'shop-cache:1', {
    files: [],
    as: { '/usr/bin/redis-server': '/usr/bin/redis-server' },
  });
  await importRoot(docker, 'shop-base:1', {
    files: [],
    as: { '/usr/bin/node': process.execPath, '/service.ts': join(import.meta.dirname, 'service.ts') },
  });
  for (const release of ['1', '2']) {
    const changes = [`ENV RELEASE=${release}`, 'CMD ["node","/service.ts"]'];
    const container = await docker.cli('create', 'shop-base:1', 'true');
    await docker.cli('commit', ...changes.flatMap((one) => ['--change', one]), container, `shop:${release}`);
    await docker.cli('rm', container);
  }
}
