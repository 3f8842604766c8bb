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
    if (context.json) {
      context.out(JSON.stringify(await context.api().status()));
      return 0;
    }
    const { terminal } = context;
    if (context.values['once'] === true || terminal === undefined) await printOnce(context);
    else await live(context, terminal);
    return 0;
  },
} satisfies CliCommand;

async function printOnce({ clock, color, width, out, ...context }: CliContext): Promise<void> {
  const api = context.api();
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
  { clock, color, signal, onHangup, ...context }: CliContext,
  terminal: NonNullable<CliContext['terminal']>,
): Promise<void> {
  const quit = new AbortController();
  onHangup(() => quit.abort());
  signal.addEventListener('abort', () => quit.abort(), { once: true });
  if (signal.aborted) quit.abort();
  // What is under way when somebody quits must not keep the program alive.
  const api = context.api(quit.signal);
  await watchLive({ api, clock, terminal, paint: painter(color), quit });
}
