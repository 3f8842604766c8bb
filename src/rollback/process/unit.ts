import { tailOf } from '../../clients/process/runner.ts';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import { SECOND } from '../../domain/time.ts';
import { asShell } from '../drivers/shell-text.ts';
import { ran } from './run.ts';
import type { Service, ServiceParts, ServiceStand } from './service.ts';

const askMs = 10 * SECOND;
/** systemctl waits for the job; it is given a little longer than the job. */
const slackMs = 5 * SECOND;
const properties = 'LoadState,ActiveState,SubState,InvocationID';

/** A service of systemd, through systemctl(1): `show` tells, and each start has an InvocationID of its own. */
export function unitService(name: string, withinMs: number, { processes }: ServiceParts): Service {
  const unit = name.endsWith('.service') ? name : `${name}.service`;
  const call = (verb: string): readonly string[] => ['systemctl', '--no-ask-password', verb, '--', unit];
  const told = async (signal: AbortSignal): Promise<ReadonlyMap<string, string>> => {
    const run = ['systemctl', '--no-ask-password', 'show', `--property=${properties}`, '--', unit];
    const { exitCode, output } = await processes.run({ run, opId: null, deadlineMs: askMs }, signal);
    if (exitCode === 0) return membersOf(output);
    throw new RollbackError('UNREACHABLE', `systemd cannot be asked about ${unit}: ${tailOf(output)}`);
  };
  const run = (verb: string) => (opId: string, signal: AbortSignal) =>
    ran(call(verb), { opId, deadlineMs: withinMs + slackMs }, processes, signal);
  return {
    where: `the unit ${unit}`,
    tells: true,
    async problems() {
      try {
        await processes.find('systemctl');
        const load = (await told(AbortSignal.timeout(askMs))).get('LoadState');
        return load === 'loaded'
          ? []
          : [`the unit ${unit} cannot be used: systemd says ${load ?? 'nothing'}`];
      } catch (error) {
        return [messageOf(error)];
      }
    },
    look: async (signal) => standOf(await told(signal), unit),
    stop: (_identity, opId, signal) => run('stop')(opId, signal),
    start: run('start'),
    restart: run('restart'),
    byHand: {
      stop: [asShell(['systemctl', 'stop', unit])],
      start: [asShell(['systemctl', 'start', unit])],
      restart: [asShell(['systemctl', 'restart', unit])],
    },
  };
}

function membersOf(output: string): ReadonlyMap<string, string> {
  return new Map(
    output.split('\n').flatMap((line) => {
      const at = line.indexOf('=');
      return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1).trim()] as const];
    }),
  );
}

function standOf(told: ReadonlyMap<string, string>, unit: string): ServiceStand {
  const active = told.get('ActiveState');
  const invocation = told.get('InvocationID') ?? '';
  // Reloading and refreshing are things that a service does while it runs.
  if (active === 'active' || active === 'reloading' || active === 'refreshing')
    return { runs: true, identity: invocation === '' ? null : invocation };
  if (active === 'inactive' || active === 'failed') return { runs: false };
  return { runs: null, why: `systemd says that ${unit} is ${active ?? 'nothing'}` };
}
