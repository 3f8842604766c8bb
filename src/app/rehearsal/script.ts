import type { Actor, Command } from '../../domain/command.ts';
import type { Reading } from '../../domain/reading.ts';
import type { Rule } from '../../domain/rule.ts';

/** A release of a target before the rehearsal begins. */
export interface ScriptedRelease {
  /** Its label: `v1`. */
  readonly release: string;
  readonly standing: 'good' | 'unproven';
  /** When it began to run, epoch ms. */
  readonly since: number;
}

/** What happens around the daemon in a rehearsal: everything that it would see or hear from outside. */
export interface Script {
  /** What ran before the beginning, by target, oldest first; the last one runs. A target without any runs nothing known. */
  readonly releases: Readonly<Record<string, readonly ScriptedRelease[]>>;
  /** Releases that arrive, in any order. One that a rollback has replaced may come again. */
  readonly deploys: readonly { readonly at: number; readonly target: string; readonly release: string }[];
  /** What people answer to the question that is then open on the target; none open is not an error, and changes nothing. */
  readonly answers: readonly {
    readonly at: number;
    readonly target: string;
    readonly answer: 'approve' | 'reject';
    readonly by: Actor;
  }[];
  /** Anything else that people command. */
  readonly commands: readonly { readonly at: number; readonly command: Command; readonly by: Actor }[];
  /**
   * What a rule that does not ask PromQL reads of a subject; null when the script says nothing of it, and it was never
   * seen. Of a rule that reads several signals, `part` says which, counted from 0; else it is null.
   */
  readonly read: (rule: Rule, subject: string, at: number, part: number | null) => Reading | null;
  /** Kinds of steps that fail, such as `docker.rollback`, and names of checks that fail; all others succeed at once. */
  readonly fails: { readonly steps: ReadonlySet<string>; readonly checks: ReadonlySet<string> };
  /**
   * True: a rule whose first reading breaches may decide, as one that has long been at work. False: as in the daemon, it
   * stays unarmed until it has read ok once.
   */
  readonly trusted: boolean;
  /** True: steps succeed and move nothing, because what follows is known already, and went on without them. */
  readonly settled?: boolean;
}

/** A script in which nothing happens. */
export const quietScript: Script = {
  releases: {},
  deploys: [],
  answers: [],
  commands: [],
  read: () => null,
  fails: { steps: new Set(), checks: new Set() },
  trusted: false,
};
