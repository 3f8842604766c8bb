import { labels } from '../../clients/docker/marks.ts';
import { textIn } from '../../clients/docker/shape.ts';
import { digest } from '../../domain/json.ts';
import type { Step } from '../../domain/plan.ts';
import type { Driver } from '../../domain/ports/driver.ts';
import { MINUTE } from '../../domain/time.ts';
import { whyProtected } from '../docker/refusals.ts';
import { stackRestartOptions, type StackRestartOptions } from '../stack/options.ts';
import { chosen, restartProbe, restartStack, type RestartParts } from '../stack/restart.ts';
import { stackOf } from '../stack/task.ts';
import { asShell } from './shell-text.ts';

/**
 * Restarts the containers of a stack one after the other, as they are, and waits until each is healthy. When each had
 * started before is noted first; afterwards the two instants tell which of them were restarted.
 */
export function composeRestartDriver(parts: RestartParts): Driver<StackRestartOptions> {
  return {
    kind: 'compose.restart',
    effect: 'probe',
    risk: 'disruptive',
    options: stackRestartOptions,
    deadlineMs: 10 * MINUTE,
    needsRelease: false,
    async read(step, signal) {
      const containers = await chosen(parts, step, signal);
      const ids = containers.map(({ container }) => container.id).toSorted();
      const names = containers.map(({ container }) => container.name);
      return { identity: digest({ ids }), detail: { containers: names } };
    },
    async preflight(step, _facts, signal) {
      const containers = await chosen(parts, step, signal);
      const { services } = stackRestartOptions.parse(step.options);
      const missing = (services ?? []).filter((name) => !containers.some(({ service }) => service === name));
      const problems = containers.flatMap(({ container }) => {
        const image = container.labels[labels.image] ?? textIn(container.config['Image']);
        const protection = whyProtected(container, image, parts.own);
        if (protection !== null) return [`container ${container.name} is not restarted: ${protection}`];
        return container.status === 'paused'
          ? [`container ${container.name} is paused: unpause it first`]
          : [];
      });
      const none = containers.length === 0 && missing.length === 0 ? ['no container of it runs'] : [];
      return [...missing.map((name) => `it has no container of service ${name}`), ...none, ...problems].map(
        (message) => ({ level: 'refuse', message: `stack ${stackOf(step).project}: ${message}` }),
      );
    },
    describe(step, { detail }) {
      const names = Array.isArray(detail['containers']) ? detail['containers'].map(String).join(', ') : '';
      const { stop_grace } = stackRestartOptions.parse(step.options);
      return `restart ${names === '' ? 'nothing' : names} of stack ${stackOf(step).project}, one after the other (grace ${stop_grace})`;
    },
    apply: async (step, opId, signal) => restartStack(parts, step, opId, signal),
    probe: async (step, opId, signal) => restartProbe(parts, step, opId, signal),
    byHand,
  };
}

function byHand(step: Step): readonly string[] {
  const { services } = stackRestartOptions.parse(step.options);
  const { project, directory } = stackOf(step);
  return [
    asShell(['cd', directory]),
    asShell(['docker', 'compose', '--project-name', project, 'restart', ...(services ?? [])]),
  ];
}
