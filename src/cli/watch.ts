import type { DaemonApi } from '../clients/api/api-client.ts';
import type { CliCommand, CliContext } from './command.ts';
import { painter } from './paint.ts';
import { printable } from './printable.ts';
import { picture } from './watch/frame.ts';
import { watchLive } from './watch/live.ts';
import { begin, type WatchState } from './watch/state.ts';
import { update } from './watch/update.ts';

/** The live picture, for people in a terminal. */
export const command = {
  name: 'watch',
  summary: 'The live picture: incidents with their clocks, targets, readings; answers by keys',
  usage: 'watch [--once]',
  takes: [],
  options: { once: { type: 'boolean', help: 'print the picture and end, as where there is no terminal' } },
  examples: ['rollbackd watch', 'rollbackd watch --once'],
  run: async (context) => {
    const api = context.api();
    if (context.json) {
      context.out(JSON.stringify(await api.status()));
      return 0;
    }
    const { terminal } = context;
    if (context.values['once'] === true || terminal === undefined) await printOnce(context, api);
    else await live(context, api, terminal);
    return 0;
  },
} satisfies CliCommand;

async function printOnce({ clock, color, width, out }: CliContext, api: DaemonApi): Promise<void> {
  const status = printable(await api.status());
  const at = clock.now();
  let state: WatchState = begin(status, at);
  state = update(state, { type: 'status', status, at }).state;
  const { selected } = state;
  if (selected !== null) {
    const incident = printable(await api.incident(selected));
    state = update(state, { type: 'incident', id: selected, incident, at }).state;
  }
  picture(state, width, clock.now(), painter(color)).forEach((line) => out(line));
}

async function live(
  { clock, color, signal, onHangup }: CliContext,
  api: DaemonApi,
  terminal: NonNullable<CliContext['terminal']>,
): Promise<void> {
  const hungUp = new AbortController();
  onHangup(() => hungUp.abort());
  const until = AbortSignal.any([signal, hungUp.signal]);
  await watchLive({ api, clock, terminal, paint: painter(color), signal: until });
}
