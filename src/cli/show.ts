import type { DaemonApi } from '../clients/api/api-client.ts';
import { RollbackError } from '../domain/errors.ts';
import type { CliCommand } from './command.ts';
import { painter } from './paint.ts';
import { printable } from './printable.ts';
import { showScreen } from './show-screen.ts';

/** Everything about one incident. */
export const command = {
  name: 'show',
  summary: 'Everything about one incident: why, what was done, how long it took',
  usage: 'show [INCIDENT]',
  takes: ['[INCIDENT]'],
  options: {},
  examples: ['rollbackd show i-7k3f9a', 'rollbackd show                # the newest, open ones first'],
  run: async (context) => {
    const api = context.api();
    const id = context.positionals[0] ?? (await newest(api));
    const incident = id === null ? null : await api.incident(id);
    if (incident === null)
      throw new RollbackError(
        'NOT_FOUND',
        id === null
          ? 'there has been no incident yet'
          : `there is no incident ${id}; \`rollbackd incidents\` lists them`,
      );
    if (context.json) {
      context.out(JSON.stringify(incident));
      return 0;
    }
    const status = await api.status();
    const { width, color } = context;
    showScreen(printable(incident), { status: printable(status), paint: painter(color), width }).forEach(
      (line) => context.out(line),
    );
    return 0;
  },
} satisfies CliCommand;

async function newest(api: DaemonApi): Promise<string | null> {
  const [open] = await api.incidents({ open: true, limit: 1 });
  const [last] = open === undefined ? await api.incidents({ limit: 1 }) : [open];
  return last?.id ?? null;
}
