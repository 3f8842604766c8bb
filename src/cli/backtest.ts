import { join, resolve } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { RollbackError } from '../domain/errors.ts';
import { formatDuration, HOUR, SECOND } from '../domain/time.ts';
import { optionDuration, optionText, positional, type CliContext, type CliCommand } from './command.ts';
import { optionInstant } from './instant.ts';
import { painter } from './paint.ts';
import { configPath } from './run.ts';

/** What the rules would have made of the past, before anybody trusts them with the present. */
export const command = {
  name: 'backtest',
  summary: 'Replay rules over the past and show what the daemon would have done',
  usage: 'backtest [FILE] [NEW] [--diff] [--from TIME] [--to TIME] [--html FILE]',
  takes: ['[FILE]', '[NEW]'],
  options: {
    diff: { type: 'boolean', help: 'compare FILE with NEW: only what changes is shown' },
    from: { type: 'string', value: 'TIME', help: 'an instant, or how long ago; 30d unless stated' },
    to: { type: 'string', value: 'TIME', help: 'an instant, or how long ago; now unless stated' },
    step: {
      type: 'string',
      value: 'DURATION',
      help: 'how finely rules read; 1m, or as recorded, unless stated',
    },
    rule: {
      type: 'string',
      multiple: true,
      value: 'RULE',
      help: 'only this rule; may be given several times',
    },
    target: {
      type: 'string',
      multiple: true,
      value: 'TARGET',
      help: 'only this target; may be given several times',
    },
    prometheus: { type: 'string', value: 'URL', help: 'ask this one instead of the one that is configured' },
    history: { type: 'string', value: 'FILE', help: 'read what --record wrote, and ask nobody' },
    record: { type: 'string', value: 'FILE', help: 'write what was read, for --history' },
    cache: {
      type: 'string',
      value: 'DIR',
      help: 'where answers are kept; rollbackd in the cache directory of the user unless stated',
    },
    'no-cache': { type: 'boolean', help: 'keep no answers, and use none' },
    deploys: {
      type: 'string',
      value: 'FILE',
      help: 'deployments as YAML or CSV: time, target, release, bad',
    },
    registry: { type: 'boolean', help: 'deployments that the running daemon has seen' },
    git: {
      type: 'string',
      value: 'REPO',
      help: 'deployments from a repository on this machine, with --range',
    },
    range: { type: 'string', value: 'A..B', help: 'its commits, or the tags among them' },
    within: {
      type: 'string',
      value: 'DURATION',
      help: 'how long after a bad deployment a firing is its doing; 1h unless stated',
    },
    'approve-after': {
      type: 'string',
      value: 'DURATION',
      help: 'somebody approves each question after this long; nobody answers unless stated',
    },
    'as-configured': {
      type: 'boolean',
      help: 'the modes that are configured count; everything is auto unless stated',
    },
    grid: { type: 'boolean', help: 'show the grids of thresholds and for, too' },
    html: { type: 'string', value: 'FILE', help: 'write a page with plots and grids, complete in itself' },
  },
  examples: [
    'rollbackd backtest --from 30d --html backtest.html',
    'rollbackd backtest rules/layra --target layra-backend --prometheus http://127.0.0.1:9090 --deploys deploys.csv',
    'rollbackd backtest --record november.rbh && rollbackd backtest --history november.rbh --grid',
    'rollbackd backtest --diff old.yaml new.yaml --from 14d',
  ],
  run: async (context) => {
    // A month of readings leaves much garbage behind and little that lives: it is collected before it piles up.
    setFlagsFromString('--heap-growing-percent=50');
    const said = positional(context, 0);
    const path = configPath(said === '' ? null : said, context.environment);
    const { runBacktest } = await import('../app/backtest.ts');
    const { ok, lines, json } = await runBacktest({
      ...requestOf(context),
      path,
      against: against(context),
      ink: painter(context.color && !context.json),
      width: context.width,
      grid: context.values['grid'] === true,
      html: optionText(context, 'html'),
    });
    context.progress?.('');
    if (context.json) context.out(JSON.stringify(json));
    else lines.forEach((line) => context.out(line));
    return ok ? 0 : 1;
  },
} satisfies CliCommand;

function requestOf(context: CliContext) {
  const { clock, environment, signal } = context;
  return {
    clock,
    environment,
    signal,
    fromMs: optionInstant(context, 'from'),
    toMs: optionInstant(context, 'to'),
    stepMs: optionText(context, 'step') === null ? null : atLeastSecond(optionDuration(context, 'step', 0)),
    rules: optionTexts(context, 'rule'),
    targets: optionTexts(context, 'target'),
    prometheus: urlOf(context),
    cache: context.values['no-cache'] === true ? null : cacheOf(context),
    history: optionText(context, 'history'),
    record: optionText(context, 'record'),
    deploys: {
      file: optionText(context, 'deploys'),
      git: gitOf(context),
      registry: context.values['registry'] === true ? context.api() : null,
    },
    withinMs: optionDuration(context, 'within', HOUR),
    approveAfterMs:
      optionText(context, 'approve-after') === null ? null : optionDuration(context, 'approve-after', 0),
    asConfigured: context.values['as-configured'] === true,
    progress: progressOf(context),
  };
}

function against({ values, positionals }: CliContext): string | null {
  const [, young] = positionals;
  if (values['diff'] === true && young === undefined)
    throw new RollbackError('USAGE', 'backtest: --diff compares two: rollbackd backtest --diff OLD NEW');
  if (values['diff'] !== true && young !== undefined)
    throw new RollbackError(
      'USAGE',
      `backtest: unexpected argument ${young}; --diff compares two configurations`,
    );
  return young ?? null;
}

function atLeastSecond(stepMs: number): number {
  if (stepMs >= SECOND && stepMs % SECOND === 0) return stepMs;
  throw new RollbackError('USAGE', `--step: expected whole seconds, got ${formatDuration(stepMs)}`);
}

function optionTexts({ values }: CliContext, name: string): readonly string[] {
  const value = values[name];
  return typeof value === 'object' ? value : [];
}

function urlOf(context: CliContext): string | null {
  const url = optionText(context, 'prometheus');
  const { protocol = '' } = URL.parse(url ?? '') ?? {};
  if (url === null || protocol === 'http:' || protocol === 'https:') return url;
  throw new RollbackError('USAGE', `--prometheus: expected a URL such as http://127.0.0.1:9090, got ${url}`);
}

function gitOf(context: CliContext): { readonly directory: string; readonly range: string } | null {
  const [directory, range] = [optionText(context, 'git'), optionText(context, 'range')];
  if ((directory === null) !== (range === null))
    throw new RollbackError(
      'USAGE',
      'backtest: --git and --range belong together: --git . --range v1.2..main',
    );
  return directory === null || range === null ? null : { directory: resolve(directory), range };
}

/** As the XDG base directories have it; without a home there is nowhere to keep anything. */
function cacheOf(context: CliContext): string | null {
  const said = optionText(context, 'cache');
  if (said !== null) return said;
  const { environment } = context;
  const [own, home] = [environment['XDG_CACHE_HOME'], environment['HOME']];
  if (own !== undefined && own.startsWith('/')) return join(own, 'rollbackd', 'backtest');
  return home === undefined || home === '' ? null : join(home, '.cache', 'rollbackd', 'backtest');
}

/** `asking for the past: 120 of 400, 12s left`. */
function progressOf({ clock, progress }: CliContext): (done: number, all: number) => void {
  const startedAt = clock.now();
  let toldAt = -Infinity;
  return (done, all) => {
    const now = clock.now();
    if (progress === undefined || (now - toldAt < 100 && done < all)) return;
    toldAt = now;
    const leftMs = ((now - startedAt) / done) * (all - done);
    progress(`asking for the past: ${done} of ${all}, ${formatDuration(Math.max(SECOND, leftMs))} left`);
  };
}
