import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startDockerd, type TestDocker } from '../support/dockerd.ts';
import { provideRollbackdImage, rollbackdImage } from '../support/rollbackd-image.ts';

const root = dirname(dirname(import.meta.dirname));
const { version, dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  version: string;
  dependencies: Record<string, string>;
};
const libraries = Object.keys(dependencies);
const image = rollbackdImage;
const megabyte = 1_000_000;

/** What the Compose plugin of the default image weighs; a stand-in takes its place here, where nothing can be pulled. */
const composeBytes = 75 * megabyte;

let docker: TestDocker;

beforeAll(async () => {
  docker = await startDockerd();
  await provideRollbackdImage(docker);
}, 300_000);

afterAll(async () => docker.stop());

test('the program in the image is this version', async () => {
  expect(await docker.cli('run', '--rm', '--network=none', image, 'version')).toContain(version);
});

test('every library of the program loads from what the image leaves of it', async () => {
  const load = `const loaded = await Promise.all(${JSON.stringify(libraries)}.map((name) => import(name)));
    console.log(loaded.length)`;
  const script = `cd /opt/rollbackd && node --input-type=module -e '${load}'`;
  expect(await sh(script)).toBe(String(libraries.length));
});

test('it runs as nobody in particular, and owns only its own directory', async () => {
  expect(
    await sh(
      'id -u; id -g; touch /opt/x 2>/dev/null || echo refused; touch /var/lib/rollbackd/x && echo kept',
    ),
  ).toBe('7390\n7390\nrefused\nkept');
});

test('git and the Compose plugin are inside', async () => {
  expect(await sh('git --version')).toMatch(/^git version \d/);
  expect(
    await sh('test -x /usr/local/libexec/docker/cli-plugins/docker-compose && command -v docker-compose'),
  ).toBe('/usr/local/bin/docker-compose');
});

test('it is no larger than 250 MB', async () => {
  const bytes = Number(await docker.cli('image', 'inspect', '--format', '{{.Size}}', image));
  expect(bytes + composeBytes).toBeLessThan(250 * megabyte);
});

test('its health check follows the answer of /healthz', async () => {
  const program = `require('node:http').createServer((request, answer) => {
    answer.writeHead(request.url === '/healthz' && !require('node:fs').existsSync('/var/lib/rollbackd/ill') ? 200 : 503).end();
  }).listen(7390)`;
  const short = ['--health-interval=1s', '--health-retries=1', '--network=none', '--entrypoint=node'];
  const container = await docker.cli('run', '--detach', ...short, image, '-e', program);
  const health = async (): Promise<string> =>
    docker.cli('inspect', '--format', '{{.State.Health.Status}}', container);
  try {
    await expect.poll(health, { timeout: 30_000, interval: 250 }).toBe('healthy');
    await docker.cli('exec', container, 'touch', '/var/lib/rollbackd/ill');
    await expect.poll(health, { timeout: 30_000, interval: 250 }).toBe('unhealthy');
  } finally {
    await docker.cli('rm', '--force', container);
  }
});

async function sh(script: string): Promise<string> {
  return docker.cli('run', '--rm', '--network=none', '--entrypoint=/bin/sh', image, '-c', script);
}
