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

/** A Compose project: all of its containers together are one release. */
export interface StackTarget {
  readonly project: string;
  /** Of the project: what its files say of paths is relative to it. Absolute. */
  readonly directory: string;
  /** Its compose files, as absolute paths, in the order in which the later ones override the earlier. */
  readonly files: readonly string[];
  /** Of its variables, instead of `.env` in its directory; absolute. */
  readonly envFile: string | null;
  /** The services that belong to the target; null: all of them. */
  readonly services: readonly string[] | null;
}

/** A service of a Swarm. */
export interface SwarmTarget {
  readonly service: string;
}

/** A thing in production that can be rolled back, with every default filled in. */
export interface Target {
  readonly name: string;
  /** Name of the container, for targets on a Docker engine. */
  readonly container: string | null;
  readonly link: LinkTarget | null;
  readonly repository: RepositoryTarget | null;
  readonly stack: StackTarget | null;
  readonly swarm: SwarmTarget | null;
  /** Data stores whose schema's version is part of its releases; none unless stated. */
  readonly schemaOf?: readonly string[];
  /** Packs whose rules apply. */
  readonly packs: readonly string[];
  /** Series are mapped to this target by these labels. */
  readonly labels: Readonly<Record<string, string>>;
  readonly address: string | null;
  /** `pack/name` of the playbook that a rollback follows. */
  readonly playbook: string;
  /** `pack/name` of the playbook that `emergency` follows. */
  readonly emergencyPlaybook: string;
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
