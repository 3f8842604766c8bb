import type { Command } from '../../domain/command.ts';
import type { CommandAnswer, IncidentView, StatusView } from '../../domain/ports/daemon.ts';
import type { Entry } from '../../domain/ports/store.ts';
import type { Verdict } from '../../domain/reading.ts';
import type { Key } from './keys.ts';
import { newReadings } from './seen-readings.ts';

/** Entries and readings that are kept to be scrolled by. */
export const mostKept = 200;

/** What was read last of a rule, as it goes by. */
export interface SeenReading {
  readonly at: number;
  readonly subject: string;
  readonly rule: string;
  readonly verdict: Verdict | 'never_seen' | 'not_read';
  readonly detail: string;
}

/** What is known of the daemon. */
export interface Picture {
  readonly status: StatusView;
  /** The incident that is selected; null when there is none, or it has not been read yet. */
  readonly incident: IncidentView | null;
  /** Newest last, bounded. */
  readonly journal: readonly Entry[];
  readonly readings: readonly SeenReading[];
}

/** An answer that waits for a person to confirm it. It is about what was shown when it was begun, and nothing else. */
export interface Dialog {
  readonly command:
    | {
        readonly do: 'approve' | 'reject';
        readonly incident: string;
        readonly planDigest: string;
        readonly note: string;
      }
    | { readonly do: 'hand_over'; readonly incident: string; readonly note: string }
    | { readonly do: 'halt'; readonly note: string };
  /** What will be done, a line each. */
  readonly lines: readonly string[];
  /** What has to be typed, then enter: `y`, or the target's name where data can be destroyed. */
  readonly mustType: string;
  readonly typed: string;
}

export interface Notice {
  readonly text: string;
  readonly tone: 'good' | 'bad';
  readonly at: number;
}

/** Everything that decides what the screen shows. */
export interface WatchState {
  readonly picture: Picture;
  /** The daemon's time less ours, ms. */
  readonly offsetMs: number;
  readonly selected: string | null;
  readonly view: 'overview' | 'details' | 'help';
  /** First line of the details that is shown. */
  readonly scroll: number;
  /** While paused, the picture that is shown instead, and since when. */
  readonly paused: { readonly picture: Picture; readonly at: number } | null;
  readonly lost: { readonly since: number; readonly reason: string; readonly retryAt: number } | null;
  readonly dialog: Dialog | null;
  readonly notice: Notice | null;
  /** An answer is under way. */
  readonly sending: boolean;
}

export type WatchEvent =
  | { readonly type: 'key'; readonly key: Key; readonly at: number }
  | { readonly type: 'status'; readonly status: StatusView; readonly at: number }
  | {
      readonly type: 'incident';
      readonly id: string;
      readonly incident: IncidentView | null;
      readonly at: number;
    }
  | { readonly type: 'entry'; readonly entry: Entry }
  | { readonly type: 'lost'; readonly reason: string; readonly at: number; readonly retryAt: number }
  | { readonly type: 'answered'; readonly answer: CommandAnswer; readonly at: number }
  | { readonly type: 'unanswered'; readonly reason: string; readonly at: number };

/** What the screen asks the world to do. */
export type Wish =
  { readonly do: 'quit' } | { readonly do: 'look' } | { readonly do: 'send'; readonly command: Command };

export interface Updated {
  readonly state: WatchState;
  readonly wishes: readonly Wish[];
}

/** What the screen begins with. */
export function begin(status: StatusView, at: number): WatchState {
  return {
    picture: { status, incident: null, journal: [], readings: newReadings(null, status).slice(-mostKept) },
    offsetMs: status.now - at,
    selected: null,
    view: 'overview',
    scroll: 0,
    paused: null,
    lost: null,
    dialog: null,
    notice: null,
    sending: false,
  };
}

/** What is shown: the newest picture, or the one at which it was paused. */
export function shownPicture({ picture, paused }: WatchState): Picture {
  return paused?.picture ?? picture;
}
