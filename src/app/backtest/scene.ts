import type { Deploy } from '../../backtest/deploys.ts';
import type { Span } from '../../backtest/span.ts';
import type { Configuration } from '../../domain/configuration.ts';
import type { Rule } from '../../domain/rule.ts';
import type { Target } from '../../domain/target.ts';
import { DAY, formatDuration } from '../../domain/time.ts';
import { quietScript, type Script, type ScriptedRelease } from '../rehearsal/script.ts';

export interface SceneOptions {
  readonly configuration: Configuration;
  readonly span: Span;
  readonly deploys: readonly Deploy[];
  /** The modes that are configured count; otherwise everything may act by itself. */
  readonly asConfigured: boolean;
}

/** What the daemon of the backtest is configured with, and what happens around it. */
export interface Scene {
  readonly configuration: Configuration;
  readonly script: Script;
  /** In sentences: what nobody knows of the past, and what stands in for it. */
  readonly assumptions: readonly string[];
}

/** Release that is assumed to have run before, and to be good, where nobody knows of any. */
const assumedGood = 'a good release (assumed)';
const assumedPresent = 'the present release (assumed)';

export function sceneOf(options: SceneOptions): Scene {
  const { span, deploys, asConfigured } = options;
  const { configuration, blameIsOff } = asReplayed(options);
  const targets = Object.values(configuration.targets);
  const known = new Set(deploys.map(({ target }) => target));
  const unknown = targets.filter(({ name }) => !known.has(name)).map(({ name }) => name);
  return {
    configuration,
    script: {
      ...quietScript,
      releases: Object.fromEntries(
        targets.map((target) => [target.name, ranBefore(target, deploys, span, blameIsOff)]),
      ),
      deploys: deploys.filter(({ at }) => at >= span.fromMs && at <= span.toMs),
      commands: knownLater(deploys, span),
      settled: true,
    },
    assumptions: [
      ...(asConfigured ? [] : ['mode: auto, whatever is configured (--as-configured says otherwise)']),
      ...(unknown.length === 0
        ? []
        : [`no deployments of ${unknown.join(', ')} are known, so a good release to go back to is assumed`]),
      ...(blameIsOff ? ['no deployments are known at all, so blame is not judged'] : []),
      'steps succeed, and the history goes on as it was',
    ],
  };
}

/** What was bad is known once something else has taken its place: nothing goes back to it from then on. */
function knownLater(deploys: readonly Deploy[], { fromMs }: Span): Script['commands'] {
  return deploys.flatMap((deploy, index) => {
    const { bad, target, release } = deploy;
    const next = deploys
      .slice(index + 1)
      .find((later) => later.target === target && later.release !== release);
    if (bad !== true || next === undefined || next.at < fromMs) return [];
    const command = { do: 'release', target, action: 'bad', release, note: 'known to be bad' } as const;
    return [{ at: next.at, command, by: { name: 'the history', role: 'admin' } as const }];
  });
}

function asReplayed({ configuration, span, deploys, asConfigured }: SceneOptions): {
  readonly configuration: Configuration;
  readonly blameIsOff: boolean;
} {
  const blameIsOff = deploys.length === 0 && configuration.rules.some(({ blameMs }) => blameMs !== null);
  const mode = asConfigured ? {} : ({ mode: 'auto' } as const);
  const rules = configuration.rules.map((rule): Rule => {
    const everyMs = stepFor(rule, span.stepMs);
    return { ...rule, everyMs, ...(blameIsOff ? { blameMs: null } : {}), ...mode };
  });
  const targets = Object.fromEntries(
    Object.entries(configuration.targets).map(([name, target]): [string, Target] => [
      name,
      { ...target, ...mode },
    ]),
  );
  return { configuration: { ...configuration, rules, targets, ...mode }, blameIsOff };
}

/** Readings lie on a grid of the rule's own interval, but not finer than the backtest's. */
export function stepFor({ everyMs }: Pick<Rule, 'everyMs'>, stepMs: number): number {
  return Math.max(everyMs, stepMs);
}

/** What ran before the beginning: the last release that is known to have arrived by then, and a good one before it. */
function ranBefore(
  { name }: Target,
  deploys: readonly Deploy[],
  { fromMs }: Span,
  blameIsOff: boolean,
): readonly ScriptedRelease[] {
  const arrived = deploys.filter(({ target, at }) => target === name && at < fromMs);
  const last = arrived.at(-1);
  if (last === undefined) {
    // A release is too old to go back to 30 days after it last served: where its arrival is to blame for nothing, it
    // arrived just now.
    const since = blameIsOff ? fromMs - 1 : fromMs - 2 * DAY;
    return [
      { release: assumedGood, standing: 'good', since: since - DAY },
      { release: assumedPresent, standing: 'good', since },
    ];
  }
  const before = arrived.findLast(
    (deploy) => deploy !== last && deploy.release !== last.release && deploy.bad !== true,
  );
  return [
    { release: before?.release ?? assumedGood, standing: 'good', since: before?.at ?? last.at - DAY },
    { release: last.release, standing: last.bad === true ? 'unproven' : 'good', since: last.at },
  ];
}

/** How often rules are read is told where it differs from what is configured. */
export function coarseRules(configuration: Configuration, { stepMs }: Span): string | null {
  const coarser = configuration.rules.filter(({ everyMs }) => everyMs < stepMs).length;
  if (coarser === 0) return null;
  const rules = coarser === 1 ? '1 rule is' : `${coarser} rules are`;
  return `${rules} read every ${formatDuration(stepMs)} here and more often by the daemon, so some short breaches are not seen`;
}
