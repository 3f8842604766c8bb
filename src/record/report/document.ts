import type { Marks } from '../../domain/incident.ts';
import type { SeriesView } from '../../domain/ports/daemon.ts';
import type { PhaseTime, RtoPhase } from '../../domain/ports/store.ts';

/** A piece of a line: words, something to be typed or compared as it is, or what a person has to fill in. */
export type Piece = string | { readonly code: string } | { readonly fill: string };
export type Line = readonly Piece[];

/** What a report is made of, whatever it is shown in. Nothing in it has been escaped yet. */
export type Block =
  /** What is known under a name, as in the template. */
  | { readonly kind: 'facts'; readonly numbered: boolean; readonly facts: readonly Fact[] }
  | { readonly kind: 'list'; readonly items: readonly Line[] }
  | { readonly kind: 'tasks'; readonly tasks: readonly { readonly done: boolean; readonly text: Line }[] }
  | {
      readonly kind: 'table';
      readonly head: readonly string[];
      readonly rows: readonly (readonly Line[])[];
      /** Columns of numbers, counted from 0. */
      readonly numbers: readonly number[];
    }
  | { readonly kind: 'text'; readonly text: Line }
  | { readonly kind: 'heading'; readonly text: string }
  /** A text of several lines as it was captured or is to be typed. */
  | {
      readonly kind: 'lines';
      readonly name: string;
      readonly note: string;
      readonly lines: readonly string[];
    }
  | { readonly kind: 'times'; readonly marks: Marks; readonly rto: Readonly<Record<RtoPhase, PhaseTime>> }
  | { readonly kind: 'readings'; readonly plots: readonly Plot[] };

export interface Fact {
  readonly name: string;
  readonly value: Line;
}

/** The readings of one rule, with what happened meanwhile. */
export interface Plot {
  readonly series: SeriesView;
  readonly fromMs: number;
  readonly toMs: number;
  readonly marks: readonly PlotMark[];
}

export interface PlotMark {
  readonly at: number;
  readonly name: string;
}

export interface Section {
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** A whole report. */
export interface ReportDocument {
  readonly title: string;
  /** CRITICAL, and what became of it. */
  readonly badges: readonly { readonly text: string; readonly tone: Tone }[];
  /** What a reader who stops here should know. */
  readonly lead: Line;
  /** Figures for who only glances. */
  readonly figures: readonly { readonly value: string; readonly name: string }[];
  readonly sections: readonly Section[];
  readonly footer: string;
}

export type Tone = 'critical' | 'high' | 'medium' | 'good' | 'quiet';

/** A table without columns of numbers. */
export function table(head: readonly string[], rows: readonly (readonly Line[])[]): Block {
  return { kind: 'table', head, rows, numbers: [] };
}

export function text(...pieces: Line): Block {
  return { kind: 'text', text: pieces };
}
