import type { BackupPolicy } from './backup.ts';
import type { DataRisks } from './data-risk.ts';
import type { DataStore } from './data-store.ts';
import type { EnvironmentPolicy } from './environment.ts';
import type { ApproverGrant, ChannelPart, Communication, NotifyPart } from './notification.ts';
import type { Playbook } from './playbook.ts';
import type { Mode, Rule } from './rule.ts';
import type { Scraping } from './scraping.ts';
import type { Secret } from './secret.ts';
import type { Target } from './target.ts';

export const roles = ['viewer', 'operator', 'approver', 'dba', 'admin'] as const;
/**
 * What a token may do: look · also freeze, silence, arm, ack, bug, deploy, halt · also approve and roll back ·
 * also approve destructive steps · everything.
 */
export type Role = (typeof roles)[number];

export interface Token {
  readonly name: string;
  readonly role: Role;
  readonly token: Secret;
}

export interface RecurringFreeze {
  readonly cron: string;
  readonly forMs: number;
  readonly reason: string;
}

/** What runs: validated, defaults applied, secrets resolved, deeply frozen. */
export interface Configuration {
  readonly environment: string;
  /** Policies by the name of the environment, the known ones included; `policyOf` says which one holds. */
  readonly environments: Readonly<Record<string, EnvironmentPolicy>>;
  readonly mode: Mode;
  /** Path of the SQLite file. */
  readonly store: string;
  /** Directory for the key file, git clones and output of commands; beside the store unless stated. */
  readonly stateDir: string;
  readonly haltFile: string;
  readonly listen: { readonly host: string; readonly port: number };
  readonly tokens: readonly Token[];
  readonly prometheus: {
    readonly url: string;
    readonly timeoutMs: number;
    readonly headers: Readonly<Record<string, Secret>>;
    /** Who answers while Prometheus does not, for rules that say nothing else. */
    readonly fallback: 'scrape' | null;
  } | null;
  /** Pages of metrics that rollbackd reads itself; null when there are none. */
  readonly scrape: Scraping | null;
  readonly docker:
    | (({ readonly socket: string } | { readonly url: string }) & {
        /** The docker-compose program; looked for where Docker keeps its plugins unless stated. */
        readonly compose?: string;
      })
    | null;
  /** Where people are told. */
  readonly channels: ChannelPart;
  readonly notify: NotifyPart;
  /** Whose clicks in Slack count. */
  readonly approvers: readonly ApproverGrant[];
  /** Stores of data that steps may reach, by name. */
  readonly dataStores: Readonly<Record<string, DataStore>>;
  /** What data is worth, by the kind of its store, as the packs say. */
  readonly dataRisks: DataRisks;
  /** How backup sets are made and kept; null: none are. */
  readonly backups: BackupPolicy | null;
  /** Under which the API is reached by people's browsers, without a final slash; null: messages hold no links. */
  readonly publicUrl: string | null;
  /** Where the host's file system is mounted into the sidecar; `/` outside a container. */
  readonly hostRoot: string;
  readonly host: string;
  /** Absolute paths of programs that `command` steps and checks may run. */
  readonly allowedPrograms: readonly string[];
  /** Absolute paths of folders, as the host has them, that steps may change files in. */
  readonly fileRoots: readonly string[];
  /** Protocols that git may use. */
  readonly gitProtocols: readonly string[];
  readonly budget: { readonly rollbacks: number; readonly perMs: number };
  readonly retention: {
    readonly incidentsMs: number;
    readonly readingsMs: number;
    readonly replacedMs: number;
  };
  readonly blindAfterMs: number;
  /** Whether changed files are taken over by themselves. */
  readonly reload: { readonly watch: boolean };
  readonly freezes: readonly RecurringFreeze[];
  readonly targets: Readonly<Record<string, Target>>;
  readonly rules: readonly Rule[];
  /** By `pack/name`. */
  readonly playbooks: Readonly<Record<string, Playbook>>;
  /** Communication plans by `pack/name`. */
  readonly communications: Readonly<Record<string, Communication>>;
  /** Things worth telling that are not errors, e.g. an objective that cannot be met. */
  readonly warnings: readonly Problem[];
  /** Digest of everything above, for status and the journal. */
  readonly digest: string;
}

/** One thing that is wrong in a configuration file. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** `rules.api-error-rate.levels.critical.for` */
  readonly path: string;
  readonly message: string;
  /** Of a warning: the finding that it is, explained in docs/lint.md. */
  readonly code?: string;
}
