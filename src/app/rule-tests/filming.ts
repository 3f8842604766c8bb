import type { Configuration } from '../../domain/configuration.ts';
import type { Evaluation } from '../../domain/ports/detection.ts';
import type { NewEntry } from '../../domain/ports/store.ts';
import { Film, type TargetFrame } from '../../rehearse/film.ts';
import type { Seen } from '../rehearsal/rehearsal.ts';

/** A frame before the film knows its place. */
type Shot = Omit<TargetFrame, 'order'>;

/** Records what a rehearsal shows. */
export class Filming {
  readonly film = new Film();
  readonly #latest = new Map<string, Shot>();

  /** What runs before anything happened. */
  begin({ targets }: Configuration, at: number, seen: Seen): void {
    for (const target of Object.keys(targets))
      this.#keep(target, {
        at,
        incident: null,
        decided: null,
        playbook: null,
        rolledBackTo: null,
        running: seen.release(target),
      });
  }

  evaluated({ at, rule, readings }: Evaluation, seen: Seen): void {
    for (const [subject, reading] of readings) {
      const view = seen.ruleOn(rule.id, subject);
      if (view !== null) this.film.rule({ at, view, reading });
    }
  }

  committed(entries: readonly NewEntry[], seen: Seen): void {
    this.film.entries.push(...entries);
    for (const [target, own] of Map.groupBy(entries, (entry) => entry.target)) {
      const at = own.at(-1)?.at;
      if (target === null || at === undefined) continue;
      const before = this.#latest.get(target) ?? nothing;
      const frame = own.reduce((frame, entry) => after(frame, entry, seen.release(target)), before);
      const open = seen.incidentOn(target);
      this.#keep(target, { ...frame, at, incident: open ?? frame.incident, running: seen.release(target) });
    }
  }

  #keep(target: string, frame: Shot): void {
    this.#latest.set(target, frame);
    this.film.target(target, frame);
  }
}

const nothing: Shot = {
  at: 0,
  incident: null,
  decided: null,
  playbook: null,
  rolledBackTo: null,
  running: null,
};

/** A frame after one entry of the journal; an incident that closed stays in the picture until the next one opens. */
function after(frame: Shot, { type, facts, message }: NewEntry, running: string | null): Shot {
  switch (type) {
    case 'incident.opened':
      return { ...frame, incident: null, decided: null, playbook: null, rolledBackTo: null };
    case 'plan.built':
      return { ...frame, playbook: wordOf(facts['playbook']) };
    case 'decided':
      return {
        ...frame,
        decided: {
          action: wordOf(facts['action']),
          wanted: wordOf(facts['wanted']),
          objections: Array.isArray(facts['objections']) ? facts['objections'].map(wordOf) : [],
          reason: message,
        },
      };
    case 'release.changed':
      return facts['op_id'] === null ? frame : { ...frame, rolledBackTo: running };
    case 'incident.closed':
      return frame.incident === null
        ? frame
        : {
            ...frame,
            incident: { ...frame.incident, state: 'closed', outcome: outcomeOf(facts['outcome']) },
          };
    default:
      return frame;
  }
}

const outcomes = ['recovered', 'rolled_back', 'withdrawn', 'handed_over'] as const;

function outcomeOf(written: unknown): (typeof outcomes)[number] | null {
  return outcomes.find((outcome) => outcome === written) ?? null;
}

function wordOf(fact: unknown): string {
  return typeof fact === 'string' ? fact : 'none';
}
