import { stackValue } from '../../clients/docker/stack.ts';
import { RollbackError } from '../../domain/errors.ts';
import { digest } from '../../domain/json.ts';
import type { Finding, Step } from '../../domain/plan.ts';
import type { Driver } from '../../domain/ports/driver.ts';
import { MINUTE } from '../../domain/time.ts';
import { affected, buildStack, buildUndertaking } from '../stack/build.ts';
import { stackBuildOptions, type StackBuildOptions } from '../stack/options.ts';
import { memberProblems, said } from '../stack/preflight.ts';
import { readMembers } from '../stack/stand.ts';
import { recordedStack, stackOf, type StackParts } from '../stack/task.ts';
import { takeBack, whereabouts } from '../stack/undertake.ts';
import { asShell } from './shell-text.ts';

/**
 * Builds the services of a Compose project from its files as they are when it runs, e.g. after commits were reverted, and
 * replaces their containers. If one does not come up, all are put back on what ran.
 */
export function composeBuildDriver(parts: StackParts): Driver<StackBuildOptions> {
  const { docker, compose, vault } = parts;
  return {
    kind: 'compose.build',
    effect: 'probe',
    risk: 'disruptive',
    options: stackBuildOptions,
    deadlineMs: 20 * MINUTE,
    needsRelease: false,
    async read(step, signal) {
      const members = await readMembers(docker, stackOf(step), signal);
      const ids = members.map(({ container }) => container.id).toSorted();
      const services = await affectedNow(parts, step, signal);
      return {
        identity: digest({ ids, release: stackValue(members, vault) }),
        detail: { services: 'problem' in services ? [] : services },
      };
    },
    async preflight(step, _facts, signal): Promise<readonly Omit<Finding, 'step'>[]> {
      const missing = await said(compose.version(signal));
      if (missing.length > 0) return missing.map((message) => ({ level: 'refuse', message }));
      const services = await affectedNow(parts, step, signal);
      if ('problem' in services) return [{ level: 'refuse', message: services.problem }];
      const members = await readMembers(docker, stackOf(step), signal);
      const touched = members.filter(({ service }) => services.includes(service));
      const refusals = [...unknownServices(step, services), ...memberProblems(parts, touched)];
      const back = recordedStack(step.from, vault);
      const warning =
        'problem' in back ? [`if it fails, what runs now cannot be put back: ${back.problem}`] : [];
      return [
        ...refusals.map((message) => ({ level: 'refuse', message }) as const),
        ...warning.map((message) => ({ level: 'warn', message }) as const),
      ];
    },
    describe(step, { detail }) {
      const names = Array.isArray(detail['services']) ? detail['services'].map(String).join(', ') : '';
      const { project, directory } = stackOf(step);
      if (names === '') return `build nothing of stack ${project}: no service is affected`;
      return `build ${names} of stack ${project} from ${directory}, and replace what runs, each after those that it depends on`;
    },
    apply: async (step, opId, signal) => buildStack(parts, step, opId, signal),
    probe: async (step, opId, signal) =>
      whereabouts(parts, (await buildUndertaking(parts, step, opId, signal)).forward, signal),
    undo: async (step, opId, signal) =>
      takeBack(parts, await buildUndertaking(parts, step, opId, signal), signal),
    byHand,
  };
}

/** The affected services, or why the files cannot be read. */
async function affectedNow(
  { compose }: StackParts,
  step: Step,
  signal: AbortSignal,
): Promise<readonly string[] | { readonly problem: string }> {
  try {
    return affected(step, await compose.model(stackOf(step), signal));
  } catch (error) {
    if (error instanceof RollbackError && error.recourse === 'give-up') return { problem: error.message };
    throw error;
  }
}

function unknownServices(step: Step, services: readonly string[]): readonly string[] {
  const { services: asked, paths } = stackBuildOptions.parse(step.options);
  if (asked === undefined || paths !== undefined) return [];
  return asked
    .filter((name) => !services.includes(name))
    .map((name) => `stack ${stackOf(step).project} builds no service ${name}`);
}

function byHand(step: Step): readonly string[] {
  const { services } = stackBuildOptions.parse(step.options);
  const { project, directory } = stackOf(step);
  const compose = ['docker', 'compose', '--project-name', project];
  return [
    asShell(['cd', directory]),
    asShell([...compose, 'build', ...(services ?? [])]),
    asShell([...compose, 'up', '--detach', '--no-deps', '--wait', ...(services ?? [])]),
  ];
}
