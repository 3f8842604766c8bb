import { basename, join, resolve } from 'node:path';
import { crontab } from '../../clients/crontab.ts';
import { loadConfiguration, type LoadedConfiguration } from '../../config/load-configuration.ts';
import { readTextFile, tryRead } from '../../config/read-text.ts';
import { membersOf } from '../../config/members.ts';
import { parseYaml } from '../../config/yaml-document.ts';
import type { Mode } from '../../domain/rule.ts';
import type { Surroundings } from '../connections.ts';
import { registriesForReading } from '../load.ts';

/** A target as a rehearsal of a pack needs it; what is not said is made up. */
export interface PackTarget {
  readonly labels?: Readonly<Record<string, string>>;
  readonly address?: string;
  readonly host?: string;
  readonly mode?: Mode;
  /** By its name in the pack; its first one unless stated. */
  readonly playbook?: string;
}

export interface PackOptions extends Surroundings {
  /** The pack's folder, as people wrote it. */
  readonly folder: string;
  readonly targets: Readonly<Record<string, PackTarget>>;
  readonly mode: Mode;
}

/** Name of the pack that stands in where a pack has no playbook of its own. */
const standIn = 'rehearsal';
const standInPlaybooks = JSON.stringify({
  playbooks: { rollback: { steps: [{ 'link.rollback': { to: 'last_good' } }] } },
});

/** Whatever rules read from scraped pages, and however far back. */
const anyPage = {
  retention: '365d',
  max_series: 1,
  pages: { [standIn]: { url: 'http://page.invalid/metrics', every: '1h', max_series: 1 } },
};

/**
 * Reads a pack without a main file: one is made up around it, with the targets given, all that its rules and playbooks
 * need, and nothing else. What is wrong with that
 * file, e.g. that there is no such pack, is a problem of the folder.
 */
export async function loadPack({
  folder,
  targets,
  mode,
  ...surroundings
}: PackOptions): Promise<LoadedConfiguration> {
  const name = basename(resolve(folder));
  const needs = await needsOf(join(folder, 'playbooks.yaml'));
  const standInFolder = join(resolve(folder), '..', `.${standIn}`, standIn);
  const main = join(resolve(folder), '..', `.${standIn}.yaml`);
  const written = {
    version: 1,
    environment: standIn,
    mode,
    include: [folder, ...(needs.playbook === null ? [standInFolder] : [])].map((path) => resolve(path)),
    prometheus: { url: 'http://prometheus.invalid' },
    scrape: anyPage,
    docker: { socket: '/var/run/docker.sock' },
    allowed_programs: needs.programs,
    targets: Object.fromEntries(
      Object.entries(targets).map(([target, said]) => [
        target,
        {
          ...thingsOf(target, needs, said.playbook ?? needs.playbook),
          address: `http://${target}.invalid`,
          ...said,
          rules: [name],
          playbook: said.playbook ?? needs.playbook ?? `${standIn}/rollback`,
        },
      ]),
    ),
  };
  const made = new Map([
    [main, JSON.stringify(written)],
    [join(standInFolder, 'playbooks.yaml'), standInPlaybooks],
  ]);
  const loaded = await loadConfiguration({
    path: main,
    registries: registriesForReading(surroundings),
    crontab: crontab(),
    environment: surroundings.environment,
    readFile: (path) => {
      const text = made.get(path);
      return text === undefined ? readTextFile(path) : Promise.resolve(text);
    },
    hostname: 'localhost',
  });
  return loaded.ok
    ? loaded
    : { ok: false, problems: loaded.problems.map((one) => shorter(one, { folder, main })) };
}

interface Needs {
  /** Name of the first playbook; null without any. */
  readonly playbook: string | null;
  /** What a target must have for each playbook: by the word before the dot of steps and checks. */
  readonly things: ReadonlyMap<string, ReadonlySet<string>>;
  readonly programs: readonly string[];
}

const nothing: Needs = { playbook: null, things: new Map(), programs: [] };

async function needsOf(file: string): Promise<Needs> {
  const read = await tryRead(readTextFile, file);
  if (!('text' in read)) return nothing;
  const document = parseYaml(file, read.text);
  if ('flaws' in document) return nothing;
  const playbooks = membersOf(membersOf(document.value)['playbooks']);
  const programs = new Set<string>();
  walk(playbooks, (key, value) => {
    const program: unknown = key === 'run' && Array.isArray(value) ? value[0] : null;
    if (typeof program === 'string') programs.add(program.includes('/') ? program : `/usr/bin/${program}`);
  });
  const things = new Map(Object.entries(playbooks).map(([name, playbook]) => [name, thingsIn(playbook)]));
  return { playbook: Object.keys(playbooks)[0] ?? null, things, programs: [...programs] };
}

function thingsIn(playbook: unknown): ReadonlySet<string> {
  const things = new Set<string>();
  walk(playbook, (key) => {
    const [thing = ''] = key.split('.');
    if (thing in making) things.add(thing);
  });
  return things;
}

/** What a target is made of, by the word that needs it. */
const making: Readonly<Record<string, (target: string) => object>> = {
  docker: (target) => ({ container: target }),
  link: (target) => ({ link: `/srv/${target}/current` }),
  compose: (target) => ({ stack: { project: target, directory: `/srv/${target}` } }),
  swarm: (target) => ({ swarm: { service: target } }),
  git: (target) => ({ repository: { url: `file:///srv/${target}.git`, branch: 'main' } }),
};

/** Of these a target may be one only. */
const exclusive: readonly string[] = ['compose', 'swarm', 'docker'];

/** All that any playbook of the pack needs; where that excludes each other, what its own playbook needs. */
function thingsOf(target: string, { things }: Needs, playbook: string | null): object {
  const all = new Set([...things.values()].flatMap((needed) => [...needed]));
  const own = things.get(playbook ?? '') ?? all;
  const one = exclusive.find((thing) => own.has(thing)) ?? exclusive.findLast((thing) => all.has(thing));
  const needed = [...all].filter((thing) => thing === one || !exclusive.includes(thing));
  const kinds = needed.length === 0 ? ['link'] : needed;
  return Object.assign({}, ...kinds.map((thing) => making[thing]?.(target) ?? {})) as object;
}

function walk(value: unknown, visit: (key: string, value: unknown) => void): void {
  if (value === null || typeof value !== 'object') return;
  for (const [key, member] of Object.entries(value)) {
    visit(key, member);
    walk(member, visit);
  }
}

/** Files are named as the person wrote the folder; what is wrong with the made-up main file is wrong with the folder. */
function shorter<P extends { readonly file: string; readonly message: string }>(
  problem: P,
  { folder, main }: { readonly folder: string; readonly main: string },
): P {
  const whole = resolve(folder);
  const message = problem.message.replaceAll(whole, folder);
  if (problem.file === main) return { ...problem, message, file: folder };
  return problem.file.startsWith(`${whole}/`)
    ? { ...problem, message, file: join(folder, problem.file.slice(whole.length + 1)) }
    : { ...problem, message };
}
