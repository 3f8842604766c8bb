// Shows `rollbackd watch` on a real screen and prints that screen:  node scripts/watch-picture.ts | node scripts/picture.ts docs/images/watch.svg
import { execFileSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import type { StatusView } from '../src/domain/ports/daemon.ts';
import { terminal } from '../test/cli/terminal.ts';
import { asking, status } from '../test/cli/watch/world.ts';

await using at = await terminal();
const { daemon } = at;
daemon.statusView = status;
daemon.incidentViews = [asking];
const tmux = (...args: readonly string[]): string =>
  execFileSync('tmux', ['-L', 'rollbackd-picture', '-f', '/dev/null', ...args], { encoding: 'utf8' });
const main = new URL('../src/main.ts', import.meta.url).pathname;
const variables = ['-e', 'TZ=UTC', '-e', `ROLLBACKD_URL=${at.url}`];
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
