import { dirname, join } from 'node:path';
import { z } from 'zod';
import { openDocument } from '../../config/open-document.ts';
import type { Findings, Place } from '../../config/place.ts';
import { readTextFile } from '../../config/read-text.ts';
import { hostName, httpUrl, interval } from '../../config/scalars.ts';
import type { Configuration, Problem } from '../../domain/configuration.ts';
import { modes } from '../../domain/rule.ts';
import { MINUTE } from '../../domain/time.ts';
import type { RuleTestFile } from '../../rehearse/rule-test.ts';
import type { Surroundings } from '../connections.ts';
import { load } from '../load.ts';
import { loadPack, type PackTarget } from '../rehearsal/pack.ts';
import { readTests } from './read-tests.ts';
import { readReleases, type TestDefaults } from './written-releases.ts';

/** A test file with the configuration that its tests are about, or everything that is wrong with either. */
export type OpenedTestFile =
  | { readonly ok: true; readonly file: RuleTestFile; readonly configuration: Configuration }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const later = z.unknown().optional();

const instant = z.string().refine((text) => !Number.isNaN(Date.parse(text)), {
  error: 'expected an instant such as 2026-01-05T12:00:00Z',
});

const shape = {
  pack: z.string().min(1).optional(),
  config: z.string().min(1).optional(),
  mode: z.enum(modes).optional(),
  now: instant.optional(),
  interval: interval.optional(),
  armed: z.boolean().optional(),
  releases: later,
  targets: later,
  tests: later,
};

const targetShape = {
  labels: z.record(z.string(), z.string()).optional(),
  address: httpUrl.optional(),
  host: hostName.optional(),
  mode: z.enum(modes).optional(),
  playbook: z.string().min(1).optional(),
};

/** A Monday at noon, UTC: when nothing else is said, tests begin here. */
const defaultNow = Date.UTC(2026, 0, 5, 12, 0, 0);

/**
 * Reads a file of rule tests, loads the pack or configuration that it is about, and checks each test against it. Never
 * rejects, whatever the file holds.
 */
export async function openTestFile(file: string, surroundings: Surroundings): Promise<OpenedTestFile> {
  const findings: Findings = { problems: [], warnings: [] };
  const opened = await openDocument(file, { readFile: readTextFile, findings });
  if (opened === 'missing') return { ok: false, problems: [missing(file)] };
  if (opened === null) return { ok: false, problems: findings.problems };
  if (opened.value === null || typeof opened.value !== 'object' || Array.isArray(opened.value)) {
    opened.problem('expected a map with tests:');
    return { ok: false, problems: findings.problems };
  }
  if (isOfPromtool(opened)) {
    const message =
      'is a test file of promtool; rollbackd import prometheus, with its rule files, makes tests of it';
    opened.problem(message);
    return { ok: false, problems: findings.problems };
  }
  const fields = opened.fields(shape);
  const configured = await configurationOf(opened, file, surroundings);
  if (!configured.ok) return { ok: false, problems: [...findings.problems, ...configured.problems] };
  const { configuration } = configured;
  const defaults: TestDefaults = {
    mode: fields.mode ?? (opened.has('config') ? configuration.mode : 'auto'),
    intervalMs: fields.interval ?? MINUTE,
    armed: fields.armed ?? true,
    releases: readReleases(opened.at('releases'), Object.keys(configuration.targets)),
  };
  const tests = readTests(opened.at('tests'), { file, configuration, defaults });
  if (findings.problems.length > 0) return { ok: false, problems: findings.problems };
  const nowAt = fields.now === undefined ? defaultNow : Date.parse(fields.now);
  return { ok: true, file: { file, tests, nowAt }, configuration };
}

function isOfPromtool(place: Place): boolean {
  const [first] = Array.isArray(place.at('tests').value) ? place.at('tests').items('tests') : [];
  return (
    place.has('rule_files') || first?.has('alert_rule_test') === true || first?.has('input_series') === true
  );
}

type Configured =
  | { readonly ok: true; readonly configuration: Configuration }
  | { readonly ok: false; readonly problems: readonly Problem[] };

async function configurationOf(place: Place, file: string, surroundings: Surroundings): Promise<Configured> {
  const { pack, config } = place.fields({ ...shape, pack: later, config: later });
  const before = place.findings.problems.length;
  if (typeof config === 'string') {
    for (const key of ['pack', 'targets'])
      if (place.has(key)) place.at(key).problem(`the configuration ${config} says it already`, 'key');
    if (place.findings.problems.length > before) return { ok: false, problems: [] };
    return load(join(dirname(file), config), surroundings);
  }
  const targets = readTargets(place.at('targets'));
  if (place.findings.problems.length > before) return { ok: false, problems: [] };
  const folder = join(dirname(file), typeof pack === 'string' ? pack : '..');
  const loaded = await loadPack({ folder, targets, mode: 'auto', ...surroundings });
  return loaded.ok ? loaded : { ok: false, problems: placed(place, loaded.problems, folder) };
}

/** What is wrong with the made-up main file is wrong where the test file says it. */
function placed(place: Place, problems: readonly Problem[], folder: string): readonly Problem[] {
  return problems.filter((problem) => {
    if (problem.file !== folder) return true;
    const targets = problem.path.startsWith('targets.');
    const at =
      targets && place.has('targets') ? place.at('targets') : place.has('pack') ? place.at('pack') : place;
    at.problem(targets ? `${problem.path.slice('targets.'.length)}: ${problem.message}` : problem.message);
    return false;
  });
}

function readTargets(place: Place): Readonly<Record<string, PackTarget>> {
  if (place.value === undefined) return { backend: {} };
  const targets = place.entries('targets by name').map(([target, at]): [string, PackTarget] => {
    const written = at.value === null ? {} : at.fields(targetShape);
    const said = Object.entries(written).filter(([, value]) => value !== undefined);
    return [target, Object.fromEntries(said)];
  });
  if (targets.length === 0 && place.findings.problems.length === 0)
    place.problem('expected at least one target', 'key');
  return Object.fromEntries(targets);
}

function missing(file: string): Problem {
  return { file, line: 1, column: 1, path: '', message: 'cannot be read: there is no such file' };
}
