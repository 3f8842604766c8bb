import { z } from 'zod';
import type { DataStore } from '../domain/data-store.ts';
import { branchProblem, repositoryUrlProblem } from '../domain/git-names.ts';
import { modes } from '../domain/rule.ts';
import type { LinkTarget, RepositoryTarget, Target } from '../domain/target.ts';
import { render } from '../domain/template.ts';
import type { Place } from './place.ts';
import { checkTemplates } from './placeholders.ts';
import { findPlaybook, type PlaybookNames } from './playbook-names.ts';
import { readStack, readSwarm } from './stacks.ts';
import {
  absolutePath,
  containerName,
  duration,
  hostName,
  httpUrl,
  httpUrlProblem,
  isName,
  labelName,
  labelValue,
  nameProblem,
} from './scalars.ts';
import { unknownWord } from './suggest.ts';

/** A target, and where it is written. */
export interface PlacedTarget {
  readonly target: Target;
  readonly place: Place;
  /** The page of metrics that it is scraped at. */
  readonly metrics: string | null;
}

/** What targets fall back to and refer to. */
export interface TargetSetting {
  readonly packs: readonly string[];
  readonly playbooks: PlaybookNames;
  readonly gitProtocols: readonly string[];
  readonly dataStores: Readonly<Record<string, DataStore>>;
  readonly host: string;
  readonly graceMs: number;
  readonly bakeMs: number;
  readonly cooldownMs: number;
}

/** What a target can be. A container, a stack and a Swarm service exclude each other. */
export const targetKinds = ['container', 'stack', 'swarm', 'link', 'repository'] as const;

/** The keys of a target. */
export const targetShape = {
  container: containerName.optional().describe('Name of a container of the Docker engine'),
  link: z
    .union([absolutePath, z.strictObject({ path: absolutePath.describe('The link itself') })])
    .optional()
    .describe('A `current` link to release directories'),
  repository: z.unknown().optional().describe('A branch from which production is deployed'),
  stack: z.unknown().optional().describe('A Compose project: all its containers together are one release'),
  swarm: z.unknown().optional().describe('A service of a Swarm'),
  schema_of: z
    .union([z.string(), z.array(z.string()).max(20)])
    .optional()
    .describe("Data stores whose schema's version is part of its releases; one name or several"),
  rules: z.array(z.string()).optional().describe('Packs whose rules apply'),
  labels: z
    .record(labelName, labelValue)
    .optional()
    .describe("Which series are this target's; { service: its name } unless stated"),
  address: httpUrl.optional().describe('For ${target.address}'),
  metrics: z
    .string()
    .optional()
    .describe('URL of a page of metrics that the daemon scrapes by itself, e.g. ${target.address}/metrics'),
  playbook: z.string().optional().describe('Of its packs, or pack/name of any'),
  emergency_playbook: z
    .string()
    .optional()
    .describe(
      'What `rollbackd emergency` follows; `emergency` of the pack of its playbook, else its playbook',
    ),
  mode: z.enum(modes).optional().describe("The target's own limit; auto unless stated"),
  host: hostName.optional().describe('Where it runs, for rules with scope: host'),
  grace: duration.optional().describe('How long breaches do not age around a deployment'),
  bake: duration.optional().describe('How long a release must run untroubled to be good'),
  cooldown: duration.optional().describe('No second automatic rollback within this time'),
};

/** The keys of `repository`. */
export const repositoryShape = {
  url: z
    .string()
    .describe('https://… without user and password, ssh://user@host/path, file:///path, or an absolute path'),
  branch: z.string().describe('Its name'),
};

/** The targets, as far as they could be read. */
export function readTargets(place: Place, setting: TargetSetting): readonly PlacedTarget[] {
  const entries = place.entries('targets by name');
  if (
    place.value === undefined ||
    place.value === null ||
    (entries.length === 0 && typeof place.value === 'object')
  )
    place.warning('nothing is watched: there are no targets', 'target/none', 'key');
  return entries.map(([name, at]) => {
    if (!isName(name)) at.problem(nameProblem, 'key');
    const target = readTarget(at, name, setting);
    return { target, place: at, metrics: readMetrics(at.at('metrics'), target) };
  });
}

function readTarget(place: Place, name: string, setting: TargetSetting): Target {
  const fields = place.fields(targetShape);
  const isMap = place.value !== null && typeof place.value === 'object' && !Array.isArray(place.value);
  if (isMap && !targetKinds.some((kind) => place.has(kind)))
    place.problem('says not what it is; expected container, stack, swarm, link or repository', 'key');
  const engines = (['container', 'stack', 'swarm'] as const).filter((kind) => place.has(kind));
  if (engines.length > 1) place.problem(`is one of ${engines.join(' and ')}, not both`, 'key');
  const packs = readPacks(place.at('rules'), fields.rules ?? [], setting.packs);
  const playbook = isMap ? readPlaybook(place, fields.playbook, packs, setting) : '';
  const schemaOf = readSchemaOf(place.at('schema_of'), fields.schema_of ?? [], setting.dataStores);
  const labels = fields.labels ?? { service: name };
  if (Object.keys(labels).length === 0) place.at('labels').problem('must name at least one label', 'key');
  return {
    name,
    container: fields.container ?? null,
    link: linkOf(fields.link),
    repository: readRepository(place.at('repository'), setting.gitProtocols),
    stack: readStack(place.at('stack')),
    swarm: readSwarm(place.at('swarm')),
    ...(schemaOf.length === 0 ? {} : { schemaOf }),
    packs,
    labels,
    address: fields.address?.replace(/\/+$/, '') ?? null,
    playbook,
    emergencyPlaybook: readEmergency(place, { written: fields.emergency_playbook, playbook, packs }, setting),
    mode: fields.mode ?? 'auto',
    host: fields.host ?? setting.host,
    graceMs: fields.grace ?? setting.graceMs,
    bakeMs: fields.bake ?? setting.bakeMs,
    cooldownMs: fields.cooldown ?? setting.cooldownMs,
  };
}

/** What is stated, what the pack of its own playbook has for emergencies, or its own. */
function readEmergency(
  place: Place,
  {
    written,
    playbook,
    packs,
  }: { readonly written: string | undefined; readonly playbook: string; readonly packs: readonly string[] },
  { playbooks }: TargetSetting,
): string {
  if (written === undefined) {
    const ofPack = `${playbook.slice(0, Math.max(0, playbook.lastIndexOf('/')))}/emergency`;
    return playbooks.ids.has(ofPack) ? ofPack : playbook;
  }
  const found = findPlaybook(written, packs, playbooks);
  if ('id' in found) return found.id;
  place.at('emergency_playbook').problem(found.problem);
  return playbook;
}

/** A URL, which may begin with the target's own address. */
function readMetrics(place: Place, target: Target): string | null {
  if (typeof place.value !== 'string') return null;
  const before = place.findings.problems.length;
  checkTemplates(place, 'rule');
  if (place.findings.problems.length > before) return null;
  if (place.value.includes('${target.address}') && target.address === null) {
    place.problem('speaks of the address of this target, which has none');
    return null;
  }
  const url = render(place.value, { target });
  const problem = httpUrlProblem(url, ['http:', 'https:']);
  if (problem !== null) place.problem(problem);
  return problem === null ? url : null;
}

function linkOf(written: string | { readonly path: string } | undefined): LinkTarget | null {
  if (written === undefined) return null;
  const path = typeof written === 'string' ? written : written.path;
  return { path: path.replaceAll(/\/+/g, '/').replace(/\/$/, '') };
}

function readRepository(place: Place, protocols: readonly string[]): RepositoryTarget | null {
  if (place.value === undefined) return null;
  const { url, branch } = place.fields(repositoryShape);
  const urlWrong = url === undefined ? null : repositoryUrlProblem(url, protocols);
  const branchWrong = branch === undefined ? null : branchProblem(branch);
  if (urlWrong !== null) place.at('url').problem(urlWrong);
  if (branchWrong !== null) place.at('branch').problem(branchWrong);
  return { url: url ?? '', branch: branch ?? '' };
}

/** The data stores whose schemas can be asked for their version. */
function readSchemaOf(
  place: Place,
  written: string | readonly string[],
  stores: TargetSetting['dataStores'],
): readonly string[] {
  const names = typeof written === 'string' ? [written] : written;
  for (const [index, name] of names.entries()) {
    const at = typeof written === 'string' ? place : place.at(index);
    const store = Object.hasOwn(stores, name) ? stores[name] : undefined;
    if (store === undefined) at.problem(unknownWord('unknown data store', name, Object.keys(stores)));
    else if (!('schemaQuery' in store) || store.schemaQuery === null || store.kind === 'mongodb')
      at.problem(`${name} has no schema_version to ask it for its schema`);
    else if (names.indexOf(name) < index) at.problem(`${name} is listed twice`);
  }
  return [...new Set(names)].filter((name) => Object.hasOwn(stores, name));
}

function readPacks(place: Place, written: readonly string[], known: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  for (const [index, pack] of written.entries()) {
    if (!known.includes(pack)) place.at(index).problem(unknownWord('unknown pack', pack, known));
    else if (seen.has(pack)) place.at(index).problem(`${pack} is listed twice`);
    seen.add(pack);
  }
  return [...seen].filter((pack) => known.includes(pack));
}

function readPlaybook(
  place: Place,
  written: string | undefined,
  packs: readonly string[],
  setting: TargetSetting,
): string {
  if (written === undefined) {
    if (place.has('playbook')) return '';
    const choice = [...setting.playbooks.ids].filter((id) => packs.some((pack) => id.startsWith(`${pack}/`)));
    place.problem(
      `names no playbook${choice.length === 0 ? '' : `; its packs have ${choice.join(', ')}`}`,
      'key',
    );
    return '';
  }
  const found = findPlaybook(written, packs, setting.playbooks);
  if ('id' in found) return found.id;
  place.at('playbook').problem(found.problem);
  return '';
}
