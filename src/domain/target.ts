import type { Mode } from './rule.ts';

/** A `current` symlink that points to a release directory. */
export interface LinkTarget {
  readonly path: string;
}

/** A branch of a remote repository from which production is deployed. */
export interface RepositoryTarget {
  readonly url: string;
  readonly branch: string;
}

/** A thing in production that can be rolled back, with every default filled in. */
export interface Target {
  readonly name: string;
  /** Name of the container, for targets on a Docker engine. */
  readonly container: string | null;
  readonly link: LinkTarget | null;
  readonly repository: RepositoryTarget | null;
  /** Packs whose rules apply. */
  readonly packs: readonly string[];
  /** Series are mapped to this target by these labels. */
  readonly labels: Readonly<Record<string, string>>;
  readonly address: string | null;
  /** `pack/name` of the playbook that a rollback follows. */
  readonly playbook: string;
  readonly mode: Mode;
  /** The host it runs on: rules with `scope: host` open their incident on the host's newest release. */
  readonly host: string;
  readonly graceMs: number;
  readonly bakeMs: number;
  readonly cooldownMs: number;
}

/** What a rule reads for: a target, or a host as a whole (`host:NAME`, no target). */
export interface Subject {
  readonly name: string;
  readonly target: Target | null;
}
