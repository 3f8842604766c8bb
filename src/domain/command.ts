import type { Role } from './configuration.ts';
import type { Cause } from './incident.ts';
import type { ComponentKind } from './release.ts';

/** Who asks: the name and role of the token. */
export interface Actor {
  readonly name: string;
  readonly role: Role;
}

/** By a button or a link it says by its ticket to which question it is: for another one it is refused. */
type OfQuestion = { readonly incident: string; readonly ticket?: string };

/** Everything that can be asked of the running daemon. One shape for CLI, API and Slack. */
export type Command =
  | {
      readonly do: 'rollback';
      readonly target: string;
      readonly because: Cause;
      readonly to: string | null;
      readonly playbook: string | null;
      readonly note: string;
      /** Of the plan that was shown: for another one it is refused. Whoever leaves it out takes what there is. */
      readonly planDigest?: string;
    }
  /** Goes back now, by the playbook for emergencies, before everything that only asks; never before a halt. */
  | {
      readonly do: 'emergency';
      readonly target: string;
      readonly note: string;
      /** As that of `rollback`. */
      readonly planDigest?: string;
    }
  | (OfQuestion & {
      readonly do: 'approve' | 'reject';
      readonly planDigest: string | null;
      readonly note: string;
    })
  /** Takes the question to a person: it ends, and the incident is handed over. */
  | (OfQuestion & { readonly do: 'hand_over'; readonly note: string })
  /** Ten more minutes to answer, three times at most. */
  | (OfQuestion & { readonly do: 'prolong'; readonly planDigest: string | null })
  | { readonly do: 'halt' | 'unhalt'; readonly note: string }
  | { readonly do: 'freeze'; readonly target: string | null; readonly forMs: number; readonly note: string }
  | { readonly do: 'unfreeze'; readonly target: string | null }
  | {
      readonly do: 'silence';
      readonly rule: string;
      readonly target: string | null;
      readonly forMs: number;
      readonly note: string;
    }
  | { readonly do: 'unsilence'; readonly rule: string; readonly target: string | null }
  | { readonly do: 'arm'; readonly rule: string; readonly target: string | null }
  | { readonly do: 'ack'; readonly incident: string; readonly note: string }
  | { readonly do: 'deploy'; readonly target: string; readonly phase: 'begin' | 'end' }
  | ({
      readonly do: 'migrate';
      readonly target: string;
      readonly note: string;
    } & (
      | {
          readonly phase: 'begin' | 'retry';
          readonly recipe: string;
          /** The set that was made for it; null where the environment makes none. */
          readonly set: string | null;
          readonly withinMs: number;
          /** A person has confirmed what has to be confirmed. */
          readonly confirmed: boolean;
          /** What was fixed since the rollback; empty for `begin`. */
          readonly fixed: string;
        }
      | { readonly phase: 'end'; readonly failed: boolean }
    ))
  | {
      readonly do: 'bug';
      readonly target: string;
      readonly issue: string;
      /** Who found it; null: whoever asks. */
      readonly by: string | null;
      readonly note: string;
    }
  | {
      readonly do: 'release';
      readonly target: string;
      readonly action: 'record';
      readonly components: readonly { readonly kind: ComponentKind; readonly value: string }[];
      readonly barrier: string | null;
    }
  | {
      readonly do: 'release';
      readonly target: string;
      readonly action: 'good' | 'bad';
      readonly release: string;
      readonly note: string;
    };
