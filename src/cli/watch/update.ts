import type { IncidentView, StatusView } from '../../domain/ports/daemon.ts';
import type { Entry } from '../../domain/ports/store.ts';
import { pressed } from './pressed.ts';
import { newReadings } from './seen-readings.ts';
import { mostKept, type Picture, type Updated, type WatchEvent, type WatchState } from './state.ts';

/** What the screen becomes, and what it asks for. Pure: time arrives in events. */
export function update(state: WatchState, event: WatchEvent): Updated {
  switch (event.type) {
    case 'key':
      return pressed(state, event.key, event.at);
    case 'status':
      return only(withStatus(state, event.status, event.at));
    case 'incident':
      return only(withIncident(state, event.id, event.incident, event.at));
    case 'entry':
      return only({ ...state, picture: withEntries(state.picture, [event.entry]) });
    case 'lost': {
      const { reason, at, retryAt } = event;
      return only({ ...state, lost: { since: state.lost?.since ?? at, reason, retryAt } });
    }
    case 'answered': {
      const { accepted, message } = event.answer;
      const notice = { text: message, tone: accepted ? ('good' as const) : ('bad' as const), at: event.at };
      return { state: { ...state, sending: false, notice }, wishes: [{ do: 'look' }] };
    }
    case 'unanswered':
      return only({ ...state, sending: false, notice: { text: event.reason, tone: 'bad', at: event.at } });
  }
}

function only(state: WatchState): Updated {
  return { state, wishes: [] };
}

function withStatus(state: WatchState, status: StatusView, at: number): WatchState {
  const { picture } = state;
  const selected = selectedIn(state, status);
  return {
    ...state,
    selected,
    offsetMs: status.now - at,
    lost: null,
    picture: {
      ...picture,
      status,
      incident: picture.incident?.id === selected ? picture.incident : null,
      readings: [...picture.readings, ...newReadings(picture.status, status)].slice(-mostKept),
    },
  };
}

/** Stays with the incident that is selected, also when it closed; else takes the one that asks, else the first. */
function selectedIn({ selected, picture }: WatchState, { open }: StatusView): string | null {
  if (selected !== null && open.some(({ id }) => id === selected)) return selected;
  const urgent = open.find(({ state }) => state === 'asking') ?? open[0];
  if (urgent !== undefined) return urgent.id;
  return picture.incident === null ? null : selected;
}

function withIncident(state: WatchState, id: string, incident: IncidentView | null, at: number): WatchState {
  if (id !== state.selected || incident === null) return state;
  const picture = withEntries({ ...state.picture, incident }, incident.journal);
  const next = { ...state, picture };
  return isAbout(state, incident)
    ? next
    : {
        ...next,
        dialog: null,
        notice: { text: 'the question changed meanwhile; nothing was sent, look again', tone: 'bad', at },
      };
}

/** A confirmation is about one question and one plan; another plan must be looked at again. */
function isAbout({ dialog }: WatchState, { id, question }: IncidentView): boolean {
  if (dialog === null || dialog.command.do === 'halt' || dialog.command.incident !== id) return true;
  if (question?.state !== 'open') return false;
  return dialog.command.do === 'hand_over' || dialog.command.planDigest === question.planDigest;
}

/** Each entry once, in order, whichever way it came. */
function withEntries(picture: Picture, entries: readonly Entry[]): Picture {
  const known = new Set(picture.journal.map(({ seq }) => seq));
  const added = entries.filter(({ seq }) => !known.has(seq));
  if (added.length === 0) return picture;
  const journal = [...picture.journal, ...added].toSorted((a, b) => a.seq - b.seq).slice(-mostKept);
  return { ...picture, journal };
}
