import { fit } from './cells.ts';
import type { Screen } from './frame.ts';
import type { Dialog, WatchState } from './state.ts';

/** What a key would do now; or what has to be confirmed, or came of it. */
export function footerLines(state: WatchState, screen: Screen): readonly string[] {
  const { columns, paint } = screen;
  if (state.dialog !== null) return dialogLines(state.dialog, screen).map((line) => fit(line, columns));
  const { notice } = state;
  const said =
    notice === null
      ? []
      : [notice.tone === 'good' ? paint.green(notice.text) : paint.red(notice.text)].map((line) =>
          fit(line, columns),
        );
  const sending = state.sending ? [paint.cyan('sending…')] : [];
  return [...sending, ...said, fit(paint.dim(keysFor(state, columns)), columns)];
}

/** The question that is confirmed stays; its middle goes where there is too little room. */
function dialogLines({ lines, mustType, typed }: Dialog, { paint }: Screen): readonly string[] {
  const [title = '', ...more] = lines;
  const shown =
    more.length <= 8 ? more : [...more.slice(0, 6), `… ${more.length - 7} more`, ...more.slice(-1)];
  return [
    paint.yellow(title),
    ...shown.map((line) => `  ${line}`),
    `${paint.bold(`type ${mustType} and press enter`)}, esc sends nothing: ${typed}${paint.bold('▏')}`,
  ];
}

function keysFor({ view, paused }: WatchState, columns: number): string {
  if (view === 'help') return 'any key goes back';
  if (view === 'details') return 'j/k scroll  enter back  a approve  r reject  o hand over  q back';
  const follow = paused === null ? 'f pause' : 'f go on';
  return columns < 60
    ? `? help  q quit  ${follow}`
    : `j/k select  enter details  a approve  r reject  o hand over  H halt  ${follow}  ? help  q quit`;
}
