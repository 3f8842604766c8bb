import { join } from 'node:path';
import type { TestDocker } from '../support/dockerd.ts';
import { importRoot } from '../support/root-image.ts';

const base = 'sample/base:1';
const program = '/service.ts';

/** How a release of the sample service behaves: see `sample/service.ts`. */
export type Behaviour = 'well' | 'some' | 'errors' | 'ill' | 'litters' | 'hog' | 'exits';

const health = 'wget -q -O /dev/null http://127.0.0.1:8080/health';

/** Makes an image of the sample service on the machine's own Node.js; its base is made once for each engine. */
export async function sampleImage(docker: TestDocker, tag: string, behaviour: Behaviour): Promise<string> {
  await provideBase(docker);
  const changes = [
    `ENV BEHAVIOUR=${behaviour}`,
    `LABEL release=${tag}`,
    'EXPOSE 8080',
    `HEALTHCHECK --interval=1s --timeout=2s --retries=3 CMD ${health}`,
    `CMD ["node","--max-old-space-size=24","--max-semi-space-size=1","${program}"]`,
  ];
  const container = await docker.cli('create', base, 'true');
  try {
    return await docker.cli('commit', ...changes.flatMap((change) => ['--change', change]), container, tag);
  } finally {
    await docker.cli('rm', container);
  }
}

async function provideBase(docker: TestDocker): Promise<void> {
  if ((await docker.cli('images', '--quiet', base)) !== '') return;
  const source = join(import.meta.dirname, 'sample', 'service.ts');
  await importRoot(docker, base, {
    files: [],
    as: { '/usr/bin/node': process.execPath, [program]: source },
  });
}
