import type { CliContext } from '../command.ts';
import { painter } from '../paint.ts';
import { printable } from '../printable.ts';
import { picture } from './frame.ts';
import { watchLive } from './live.ts';
import { begin, type WatchState } from './state.ts';
import { update } from './update.ts';

/** Shows the picture: once, or on the whole terminal until somebody quits. */
export async function runWatch(context: CliContext, once: boolean): Promise<void> {
  const { terminal } = context;
  if (once || terminal === undefined) await printOnce(context);
  else await live(context, terminal);
}

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
