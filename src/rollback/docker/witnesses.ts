import type { Docker } from '../../clients/docker/docker.ts';
import type { ContainerFacts } from '../../clients/docker/facts.ts';
import { secretsOf } from '../../clients/docker/secrets.ts';
import { stackContainers } from '../../clients/docker/stack.ts';
import { messageOf } from '../../domain/errors.ts';
import type { Target } from '../../domain/target.ts';
import { inspectionText } from './inspection-text.ts';

/** What is kept of all containers of a target together, in characters; each may have its share. */
const mostOfAll = 256 * 2 ** 10;
const mostOfOne = 64 * 2 ** 10;
/** Of a larger stack those are heard that were made last: they are the ones that changed. */
const mostContainers = 32;

/** The containers of a target, for people; null where it has none. */
export function witnessesOf({ container, stack, swarm }: Target): string | null {
  if (container !== null) return `container ${container}`;
  if (stack !== null) return `the containers of stack ${stack.project}`;
  return swarm === null ? null : `the containers of service ${swarm.service} on this node`;
}

/**
 * What the containers of a target said and were: the last lines of their logs, and their inspection without any value of
 * environment or command. What cannot be had is said instead.
 */
export async function hear(
  docker: Docker,
  target: Target,
  lines: number,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  try {
    const { container, stack } = target;
    if (container !== null) {
      const found = await docker.container(container, signal);
      if (found === null) return { inspection: `there is no container ${container}` };
      return await hearOne(docker, found, { lines, most: mostOfOne, as: '' }, signal);
    }
    const found =
      stack === null ? await tasksOf(docker, target, signal) : await membersOf(docker, target, signal);
    if (found.length === 0)
      return { inspection: `there are no ${witnessesOf(target)?.slice('the '.length)}` };
    const heard = found.slice(-mostContainers);
    const most = Math.min(mostOfOne, Math.floor(mostOfAll / heard.length));
    const all: Record<string, string> = {};
    for (const one of heard)
      Object.assign(all, await hearOne(docker, one, { lines, most, as: ` ${one.name}` }, signal));
    return all;
  } catch (error) {
    if (signal.aborted) throw error;
    return { problem: messageOf(error) };
  }
}

async function membersOf(
  docker: Docker,
  { stack }: Target,
  signal: AbortSignal,
): Promise<readonly ContainerFacts[]> {
  const members = stack === null ? [] : await stackContainers(docker, stack, signal);
  return members.map(({ container }) => container);
}

async function tasksOf(
  docker: Docker,
  { swarm }: Target,
  signal: AbortSignal,
): Promise<readonly ContainerFacts[]> {
  if (swarm === null) return [];
  const rows = await docker.labelled('com.docker.swarm.service.name', swarm.service, signal);
  const found = await Promise.all(rows.map(async ({ id }) => docker.container(id, signal)));
  return found.filter((one) => one !== null).toSorted((a, b) => a.createdAt - b.createdAt);
}

interface Hearing {
  readonly lines: number;
  readonly most: number;
  /** Behind the names of what is kept. */
  readonly as: string;
}

async function hearOne(
  docker: Docker,
  container: ContainerFacts,
  { lines, most, as }: Hearing,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const inspection = { [`inspection${as}`]: cap(inspectionText(container), most) };
  if (lines === 0) return inspection;
  const text = await docker.logs(container.id, { tail: lines, maxBytes: most - 1000 }, signal);
  return { ...inspection, [`logs${as}`]: cap(hide(text, secretsOf(container.config)), most) };
}

/** Programs print their own settings. Short values are left: they would blacken half of the text. */
function hide(text: string, secrets: readonly string[]): string {
  return [...new Set(secrets)]
    .filter(({ length }) => length >= 6)
    .sort((a, b) => b.length - a.length)
    .reduce((rest, secret) => rest.replaceAll(secret, '[hidden]'), text);
}

/** The end of a text, and that its beginning is missing. */
export function cap(text: string, most = mostOfOne): string {
  return text.length <= most ? text : `[earlier text left out]\n${text.slice(-most)}`;
}
