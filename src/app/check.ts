import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { formatProblems } from '../config/format-problems.ts';
import type { Configuration, Problem } from '../domain/configuration.ts';
import type { LintInput } from '../lint/lint.ts';
import { counted } from './counted.ts';
import { packAt, packsIn, remembering } from './checking/files.ts';
import { labelsInTests } from './checking/labels-in-tests.ts';
import { lintConfiguration, type Linted, type OnlineWish } from './checking/lint.ts';
import type { Surroundings } from './connections.ts';
import { load } from './load.ts';
import { loadPack } from './rehearsal/pack.ts';

/** What a check comes to: problems, with which nothing would start, or findings. */
export type Checked =
  | { readonly ok: false; readonly lines: readonly string[]; readonly json: object }
  | (Linted & {
      readonly ok: true;
      /** `rollbackd.yaml is fine: 1 target, 2 rules…`, to be told when it is. */
      readonly path: string;
      readonly counts: string;
      readonly json: object;
    });

/** A configuration or pack that could be read, as the linter wants it. */
type Read =
  | { readonly ok: true; readonly input: LintInput }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Reads a configuration as a start would, short of starting, then looks for what is doubtful about it.
 *
 * @param options.path the main file, or the folder of a pack, which is then looked at alone
 * @throws RollbackError `USAGE` when a Prometheus shall be asked and none is configured
 */
export async function checkConfiguration(
  options: Surroundings & { readonly path: string; readonly online?: OnlineWish | null },
): Promise<Checked> {
  const { path, online = null } = options;
  const read = (await isPack(path)) ? await readPack(path, options) : await readAll(path, options);
  if (!read.ok) {
    const lines = [
      formatProblems(read.problems),
      `${counted(read.problems.length, 'problem')}; nothing was started`,
    ];
    const nothing = { warnings: [], rules: [], findings: [], silenced: 0, assumptions: [] };
    return { ok: false, lines, json: { ok: false, problems: read.problems, ...nothing } };
  }
  const linted = await lintConfiguration(read.input, options, online);
  const { configuration, main } = read.input;
  const { rules, targets, playbooks, warnings, digest, mode } = configuration;
  const things = [counted(rules.length, 'rule'), counted(Object.keys(playbooks).length, 'playbook')];
  const counts =
    main === null
      ? things.join(', ')
      : `${counted(Object.keys(targets).length, 'target')}, ${things.join(', ')}; mode ${mode}; digest ${digest.slice(0, 12)}`;
  return {
    ok: true,
    path,
    counts,
    ...linted,
    json: {
      ok: true,
      problems: [],
      warnings,
      ...(main === null ? {} : { digest, targets: Object.keys(targets) }),
      rules: rules.map(({ id }) => id),
      ...linted,
    },
  };
}

async function isPack(path: string): Promise<boolean> {
  if (!(await isThere(path))?.isDirectory()) return false;
  const [rules, playbooks] = await Promise.all(
    ['rules.yaml', 'playbooks.yaml'].map((file) => isThere(join(path, file))),
  );
  return rules !== null || playbooks !== null;
}

async function isThere(path: string) {
  return stat(path).catch(() => null);
}

async function readAll(path: string, surroundings: Surroundings): Promise<Read> {
  const { readFile, texts } = remembering();
  const loaded = await load(path, surroundings, readFile);
  if (!loaded.ok) return loaded;
  const { configuration } = loaded;
  const main = { name: path, text: texts.get(path) ?? '' };
  return { ok: true, input: { configuration, main, packs: await packsIn(texts) } };
}

/** A pack alone is read for one target that is made up, with the labels that its tests give to theirs. */
async function readPack(folder: string, surroundings: Surroundings): Promise<Read> {
  const name = basename(resolve(folder));
  const pack = await packAt(folder, name);
  const labels = labelsInTests(pack.tests ?? []);
  const target = labels === null ? {} : { labels };
  const loaded = await loadPack({ ...surroundings, folder, targets: { service: target }, mode: 'auto' });
  if (!loaded.ok) return loaded;
  const warnings = loaded.configuration.warnings
    // Without a playbook of its own there is no objective to meet; who is told is for a main file to say.
    .filter(({ code }) => pack.playbooks !== null || code !== 'rule/objective')
    .filter(({ code }) => code !== 'notify/nobody-told')
    .map((warning) => asWritten(warning, folder));
  const configuration: Configuration = { ...loaded.configuration, warnings };
  return { ok: true, input: { configuration, main: null, packs: [pack] } };
}

/** Files are named as the person wrote the folder. */
function asWritten(warning: Problem, folder: string): Problem {
  const whole = `${resolve(folder)}/`;
  return warning.file.startsWith(whole)
    ? { ...warning, file: join(folder, warning.file.slice(whole.length)) }
    : warning;
}
