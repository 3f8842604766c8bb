import type { DaemonApi } from '../clients/api/api-client.ts';
import { RollbackError } from '../domain/errors.ts';
import type { IncidentView, StatusView } from '../domain/ports/daemon.ts';
import type { CliCommand } from './command.ts';
import { painter } from './paint.ts';
import { printable, printableLines } from './printable.ts';
import { statusScreen } from './status-screen.ts';

/** What the on-call reads first. */
export const command = {
  name: 'status',
  summary: 'What is going on: incidents, questions, targets, releases',
  usage: 'status [TARGET]',
  takes: ['[TARGET]'],
  options: {},
  examples: ['rollbackd status', 'rollbackd status backend', "rollbackd status --json | jq '.open'"],
  run: async (context) => {
    const api = context.api();
    const status = only(await api.status(), context.positionals[0]);
    if (context.json) {
      context.out(JSON.stringify(status));
      return 0;
    }
    const asked = await withQuestions(api, status);
    const lines = statusScreen(withLines(status), printable(asked), {
      paint: painter(context.color),
      width: context.width,
    });
    lines.forEach((line) => context.out(line));
    return 0;
  },
} satisfies CliCommand;

/** Problems of a configuration are a line each. */
function withLines(status: StatusView): StatusView {
  const { lastReloadFailed } = status.configuration;
  const lines = lastReloadFailed === null ? null : printableLines(lastReloadFailed).join('\n');
  const shown = printable(status);
  return { ...shown, configuration: { ...shown.configuration, lastReloadFailed: lines } };
}

function only(status: StatusView, target: string | undefined): StatusView {
  if (target === undefined) return status;
  const targets = status.targets.filter(({ name }) => name === target);
  if (targets.length > 0)
    return { ...status, targets, hosts: [], open: status.open.filter((row) => row.target === target) };
  const names = status.targets.map(({ name }) => name).join(', ');
  throw new RollbackError('NOT_FOUND', `there is no target ${target}; there are: ${names}`);
}

/** Deadlines and plan digests stand in the incidents themselves. */
async function withQuestions(api: DaemonApi, { open }: StatusView): Promise<IncidentView[]> {
  const asking = open.filter(({ state }) => state === 'asking');
  const views = await Promise.all(asking.map(({ id }) => api.incident(id)));
  return views.filter((view) => view !== null);
}
