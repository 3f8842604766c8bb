// Shows `rollbackd watch` on a real screen and prints that screen:  node scripts/watch-picture.ts | node scripts/picture.ts docs/images/watch.svg
import { execFileSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../src/app/clock.ts';
import type { StatusView } from '../src/domain/ports/daemon.ts';
import { startServer } from '../src/server/server.ts';
import { asking, status } from '../test/cli/watch/world.ts';
import { FakeDaemon } from '../test/fakes/daemon.ts';

const daemon = new FakeDaemon();
daemon.statusView = status;
daemon.incidentViews = [asking];
const listen = { host: '127.0.0.1', port: 0 };
const server = await startServer({ daemon, listen, tokens: [], clock: systemClock() });
const tmux = (...args: readonly string[]): string =>
  execFileSync('tmux', ['-L', 'rollbackd-picture', '-f', '/dev/null', ...args], { encoding: 'utf8' });
const main = new URL('../src/main.ts', import.meta.url).pathname;
const variables = ['-e', 'TZ=UTC', '-e', `ROLLBACKD_URL=http://127.0.0.1:${server.port}`];
tmux('new-session', '-d', '-x', '110', '-y', '30', ...variables, process.execPath, main, 'watch');
try {
  // One reading a second goes by.
  for (let second = 1; second <= 5; second += 1) {
    await pause(1_100);
    daemon.statusView = laterBy(status, second * 1_000);
  }
  await pause(1_100);
  process.stdout.write(tmux('capture-pane', '-e', '-p'));
} finally {
  tmux('kill-server');
  await server.close();
}

function laterBy(view: StatusView, ms: number): StatusView {
  return {
    ...view,
    now: view.now + ms,
    targets: view.targets.map((target) => ({
      ...target,
      rules: target.rules.map((rule) => ({ ...rule, readAt: (rule.readAt ?? 0) + ms })),
    })),
  };
}
