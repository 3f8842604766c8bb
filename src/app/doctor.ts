import { access, constants } from 'node:fs/promises';
import { dirname } from 'node:path';
import { examinePage } from '../detect/scrape/examine-page.ts';
import type { Configuration } from '../domain/configuration.ts';
import { messageOf } from '../domain/errors.ts';
import type { Backups } from '../domain/ports/backups.ts';
import type { DoctorView } from '../domain/ports/daemon.ts';
import type { Parts } from '../engine/parts.ts';
import type { Connections } from './connections.ts';
import type { Slack } from './slack.ts';

export interface Examined {
  readonly parts: Parts;
  readonly connections: Connections;
  readonly configuration: Configuration;
  /** null where none are configured. */
  readonly backups: Pick<Backups, 'examine'> | null;
  /** Whether the API asks for tokens. */
  readonly closed: () => boolean;
  /** What people click there may not arrive. */
  readonly slack: Pick<Slack, 'check'> | null;
}

interface Examination {
  readonly name: string;
  /** Resolves to what was found; rejects with what is wrong. */
  readonly look: (signal: AbortSignal) => Promise<string>;
}

/** Whether the daemon can reach everything and may do everything. Changes nothing. */
export async function examine(examined: Examined): Promise<DoctorView> {
  const examinations = [
    ...ofDaemon(examined),
    ...ofServices(examined),
    ...ofBackups(examined),
    ...ofTargets(examined),
  ];
  const checks = await Promise.all(examinations.map((examination) => perform(examined, examination)));
  const clicks = examined.slack?.check() ?? null;
  return { checks: clicks === null ? checks : [...checks, clicks] };
}

async function perform(
  { parts }: Examined,
  { name, look }: Examination,
): Promise<DoctorView['checks'][number]> {
  const limit = new AbortController();
  const cancel = parts.clock.after(10_000, () => limit.abort());
  try {
    return { name, ok: true, detail: await look(limit.signal) };
  } catch (error) {
    return { name, ok: false, detail: messageOf(error) };
  } finally {
    cancel();
  }
}

function ofDaemon(examined: Examined): Examination[] {
  const { parts, configuration } = examined;
  return [
    {
      name: 'journal',
      look: async () => sayOrThrow(await parts.store.verifyJournal(), 'the hash chain holds'),
    },
    {
      name: 'halt file',
      look: async () => sayOrThrow(parts.haltFile(), `${configuration.haltFile} is not there`),
    },
    ...(configuration.publicUrl === null ? [] : [guarded(examined)]),
    { name: 'state directory', look: () => writable(configuration.stateDir) },
  ];
}

/** A proxy that hides itself makes everybody a caller on this machine. */
function guarded({ closed }: Examined): Examination {
  const problem =
    'the API is reached by a public name, and there is no token: whoever comes through a proxy that hides itself is an admin; rollbackd token make NAME --role admin';
  return { name: 'tokens', look: async () => sayOrThrow(closed() ? null : problem, 'the API asks for one') };
}

function ofServices({ connections, configuration }: Examined): Examination[] {
  const services: Examination[] = [];
  if (configuration.prometheus !== null) {
    services.push({
      name: `prometheus ${configuration.prometheus.url}`,
      look: async (signal) =>
        `answers with ${(await connections.prometheus.query('vector(1)', null, signal)).type}`,
    });
  }
  for (const page of configuration.scrape?.pages ?? [])
    services.push({
      name: `scrape ${page.name}`,
      look: (signal) => examinePage(connections.http, page, signal),
    });
  if (configuration.docker !== null) {
    services.push({
      name: `docker ${connections.docker.endpoint}`,
      look: async (signal) => `engine ${(await connections.docker.version(signal)).version}`,
    });
  }
  return services;
}

/** Whether a set could be made now: everything it holds is reached, with its tools, and there is room. */
function ofBackups({ backups, configuration }: Examined): Examination[] {
  const recipes = Object.keys(configuration.backups?.recipes ?? {});
  if (backups === null) return [];
  return recipes.map((recipe) => ({
    name: `backup ${recipe}`,
    look: async (signal) => {
      const { problems, warnings } = await backups.examine(recipe, signal);
      const fine = ['a set can be made', ...warnings].join('; ');
      return sayOrThrow(problems.length === 0 ? null : problems.join('; '), fine);
    },
  }));
}

function ofTargets({ parts, configuration }: Examined): Examination[] {
  return Object.values(configuration.targets).flatMap((target) => [
    ...parts.observers
      .filter((observer) => observer.sees(target))
      .map((observer) => ({
        name: `${target.name} ${observer.kind}`,
        look: async (signal: AbortSignal) => {
          const { components } = await observer.look(target, signal);
          return sayOrThrow(
            components.length === 0 ? 'nothing is there' : null,
            components.map(({ label }) => label).join(', '),
          );
        },
      })),
    { name: `${target.name} rollback`, look: () => rollbackOf(parts, target.name) },
  ]);
}

/** A target without a proven release is not broken, but an on-call wants to know. */
function rollbackOf(parts: Parts, target: string): Promise<string> {
  const candidate = parts.releases.candidate(target, parts.clock.now());
  return candidate.release === null
    ? Promise.reject(new Error(candidate.problem))
    : Promise.resolve(`could go to ${candidate.release.id}`);
}

async function writable(path: string): Promise<string> {
  await access(path, constants.W_OK).catch(() => access(dirname(path), constants.W_OK));
  return `${path} can be written`;
}

function sayOrThrow(problem: string | null, fine: string): string {
  if (problem !== null) throw new Error(problem);
  return fine;
}
