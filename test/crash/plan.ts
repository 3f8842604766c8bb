/** What the steps of a plan work with. */
export interface Setting {
  /** The recording program, and the file it appends to. */
  readonly program: string;
  readonly ledger: string;
  /** The recording server. */
  readonly url: string;
  /** A Docker volume; empty where the site has none. */
  readonly volume: string;
  /** Of the stage. */
  readonly folder: string;
  /** The server with flags and switches, where there is one. */
  readonly switches: string;
}

/** A step of a plan, and what a run of it passes. */
export interface CrashStep {
  /** The driver's word. */
  readonly kind: string;
  /** What the targets call it; unique in its plan. */
  readonly name: string;
  readonly options: (setting: Setting) => object;
  /** What the target sees when it is carried out, each exactly once. */
  readonly acts: readonly string[];
  /** Between how many calls the driver stands when nothing disturbs it. */
  readonly gaps: number;
  /** Neither refused when repeated nor to be asked about: in doubt a person decides. */
  readonly blind: boolean;
  /** What the target can be kept at while the daemon is killed, as in `do drain`; null when there is nothing. */
  readonly work: string | null;
  /** `fails`: never succeeds, and changes nothing. `retried`: the first attempt changes nothing. */
  readonly ends: 'done' | 'fails' | 'retried';
  /** How many calls lie between when what it holds is let go of; null: it holds nothing. */
  readonly held: { readonly acts: readonly string[]; readonly gaps: number } | null;
  /** null: it cannot be undone. */
  readonly undo: Pick<CrashStep, 'acts' | 'gaps' | 'blind' | 'work'> | null;
}

/** One plan of the matrix: what production is, what goes wrong, what is done about it, and how that must end. */
export interface CrashPlan {
  readonly name: string;
  readonly site: 'link' | 'git' | 'data' | 'docker' | 'stack' | 'volume' | 'swarm';
  /** CRITICAL decides by itself, HIGH asks and is approved, a person asks for it though nothing is wrong. */
  readonly begins: 'critical' | 'high' | 'request';
  /** A question is answered by a click in Slack, which posts it to the daemon. */
  readonly clicks: boolean;
  readonly steps: readonly CrashStep[];
  /** Taken when the steps have failed. */
  readonly fallback: readonly CrashStep[];
  readonly phases: 0 | 1 | 2;
  /** What makes the service healthy: its older release, or an act of this name. */
  readonly healedBy: 'release' | { readonly act: string };
}

/** Whether it works on a real engine. */
export function needsDocker({ site }: CrashPlan): boolean {
  return ['docker', 'stack', 'volume', 'swarm'].includes(site);
}

/** Whether the steps can succeed. */
export function succeeds(steps: readonly CrashStep[]): boolean {
  return steps.length > 0 && steps.every(({ ends }) => ends !== 'fails');
}

/** How an undisturbed run ends. */
export function endOf({ steps, fallback }: CrashPlan): 'rolled_back' | 'handed_over' {
  return succeeds(steps) || succeeds(fallback) ? 'rolled_back' : 'handed_over';
}

/** The steps that come to be carried out, those that are undone among them, backwards. */
export function courseOf(steps: readonly CrashStep[]): {
  readonly applied: readonly CrashStep[];
  readonly undone: readonly CrashStep[];
} {
  const failing = steps.findIndex(({ ends }) => ends === 'fails');
  if (failing === -1) return { applied: steps, undone: [] };
  const before = steps.slice(0, failing);
  return {
    applied: steps.slice(0, failing + 1),
    undone: before.filter(({ undo }) => undo !== null).reverse(),
  };
}
