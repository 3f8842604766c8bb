import type { IncidentRow } from '../../domain/ports/store.ts';
import { confirming } from './confirming.ts';
import type { Key } from './keys.ts';
import { rowsOf } from './rows.ts';
import { shownPicture, type Updated, type WatchState } from './state.ts';

/** What a key does. Whoever confirms something types; everything else waits. */
export function pressed(state: WatchState, key: Key, at: number): Updated {
  if (key.name === 'interrupt') return { state, wishes: [{ do: 'quit' }] };
  if (state.dialog !== null) return typed({ ...state, notice: null }, key, at);
  const fresh = { ...state, notice: null };
  if (state.view === 'help') return only({ ...fresh, view: 'overview' });
  const moved = movedBy(key);
  if (moved !== 0) return state.view === 'details' ? only(scrolled(fresh, moved)) : select(fresh, moved);
  if (key.name === 'enter') return opened(fresh);
  if (key.name === 'escape') return only({ ...fresh, view: 'overview', scroll: 0 });
  return key.name === 'character' ? letter(fresh, key.character, at) : only(fresh);
}

function only(state: WatchState): Updated {
  return { state, wishes: [] };
}

function movedBy(key: Key): number {
  if (key.name === 'up' || (key.name === 'character' && key.character === 'k')) return -1;
  if (key.name === 'down' || (key.name === 'character' && key.character === 'j')) return 1;
  if (key.name === 'page_up') return -10;
  return key.name === 'page_down' || (key.name === 'character' && key.character === ' ') ? 10 : 0;
}

function scrolled(state: WatchState, by: number): WatchState {
  return { ...state, scroll: Math.max(0, state.scroll + by) };
}

function select(state: WatchState, by: number): Updated {
  const rows: readonly Pick<IncidentRow, 'id'>[] = rowsOf(shownPicture(state));
  const now = rows.findIndex(({ id }) => id === state.selected);
  const next = rows[Math.min(rows.length - 1, Math.max(0, now + Math.sign(by)))];
  if (next === undefined || next.id === state.selected) return only(state);
  const picture = { ...state.picture, incident: null };
  return { state: { ...state, selected: next.id, picture }, wishes: [{ do: 'look' }] };
}

function opened(state: WatchState): Updated {
  if (state.view === 'details') return only({ ...state, view: 'overview', scroll: 0 });
  return state.selected === null ? only(state) : only({ ...state, view: 'details', scroll: 0 });
}

function letter(state: WatchState, character: string, at: number): Updated {
  switch (character) {
    case 'q':
      return state.view === 'details'
        ? only({ ...state, view: 'overview', scroll: 0 })
        : { state, wishes: [{ do: 'quit' }] };
    case '?':
      return only({ ...state, view: 'help' });
    case 'f':
      return only({ ...state, paused: state.paused === null ? { picture: state.picture, at } : null });
    case 'a':
      return only(confirming(state, 'approve', at));
    case 'r':
      return only(confirming(state, 'reject', at));
    case 'o':
      return only(confirming(state, 'hand_over', at));
    case 'H':
      return only(confirming(state, 'halt', at));
    default:
      return only(state);
  }
}

function typed(state: WatchState, key: Key, at: number): Updated {
  const { dialog } = state;
  if (dialog === null) return only(state);
  switch (key.name) {
    case 'escape':
      return only({ ...state, dialog: null, notice: { text: 'nothing was sent', tone: 'good', at } });
    case 'backspace':
      return only({ ...state, dialog: { ...dialog, typed: Array.from(dialog.typed).slice(0, -1).join('') } });
    case 'character':
      // Nobody has to type more than a name.
      return only({ ...state, dialog: { ...dialog, typed: (dialog.typed + key.character).slice(0, 100) } });
    case 'enter':
      return confirmed(state, at);
    case 'up':
    case 'down':
    case 'page_up':
    case 'page_down':
    case 'interrupt':
      return only(state);
  }
}

function confirmed(state: WatchState, at: number): Updated {
  const { dialog, lost } = state;
  if (dialog === null) return only(state);
  const refused = (text: string): Updated =>
    only({ ...state, dialog: null, notice: { text: `${text}; nothing was sent`, tone: 'bad', at } });
  if (dialog.typed !== dialog.mustType) return refused(`that was not "${dialog.mustType}"`);
  if (lost !== null) return refused('the connection is lost');
  return {
    state: { ...state, dialog: null, sending: true },
    wishes: [{ do: 'send', command: dialog.command }],
  };
}
