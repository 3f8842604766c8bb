import type { StackRecord } from '../../clients/compose/record.ts';
import { labels } from '../../clients/docker/marks.ts';
import { recordIn, textIn } from '../../clients/docker/shape.ts';
import { stackValue } from '../../clients/docker/stack.ts';
import { RollbackError } from '../../domain/errors.ts';
import { canonical } from '../../domain/json.ts';
import type { Finding, Step } from '../../domain/plan.ts';
import type { StackTarget } from '../../domain/target.ts';
import { whyProtected } from '../docker/refusals.ts';
import { movesOf } from './next-move.ts';
import { readMembers, type Member } from './stand.ts';
import { recordedStack, stackOf, type StackParts } from './task.ts';

type Found = Omit<Finding, 'step'>;

/** Everything that speaks against bringing a stack to the recorded release, before the first call. */
export async function stackFindings(
  parts: StackParts,
  step: Step,
  signal: AbortSignal,
): Promise<readonly Found[]> {
  const stack = stackOf(step);
  const members = await readMembers(parts.docker, stack, signal);
  const record = recordedStack(step.to, parts.vault);
  const missing = await composeProblem(parts, signal);
  // Each call of Compose takes a while: they are made at one time.
  const [things, unread, warning] = await Promise.all([
    'problem' in record ? [] : missingThings(parts, record, members, signal),
    'problem' in record || missing.length > 0
      ? []
      : said(parts.compose.hashes(stack, [record.model], signal)),
    fileWarning(parts, stack, record, step, signal),
  ]);
  const refusals = [
    ...missing,
    ...whyNotFrom(parts, step, members),
    ...('problem' in record
      ? [record.problem]
      : [...memberProblems(parts, touchedBy(record, members)), ...things, ...unread]),
  ];
  const warnings = [...warning, ...returnWarning(parts, step)];
  return [
    ...refusals.map((message) => ({ level: 'refuse', message }) as const),
    ...warnings.map((message) => ({ level: 'warn', message }) as const),
  ];
}

async function composeProblem({ compose }: StackParts, signal: AbortSignal): Promise<readonly string[]> {
  return said(compose.version(signal));
}

/** What a call that cannot work says; none when it works. */
export async function said(call: Promise<unknown>): Promise<readonly string[]> {
  try {
    await call;
    return [];
  } catch (error) {
    if (error instanceof RollbackError && error.recourse === 'give-up') return [error.message];
    throw error;
  }
}

/** Why what runs is not the release that the step goes back from; none if it is, or none is known. */
export function whyNotFrom({ vault }: StackParts, step: Step, members: readonly Member[]): readonly string[] {
  const known = step.from?.components.find(({ kind }) => kind === 'stack')?.value;
  if (step.from === null || known === undefined || members.length === 0) return [];
  if (stackValue(members, vault) === known) return [];
  return [`stack ${stackOf(step).project} no longer runs release ${step.from.id}: somebody changed it`];
}

/** Containers that may not be touched, or cannot be. */
export function memberProblems({ own }: StackParts, members: readonly Member[]): readonly string[] {
  return members.flatMap(({ container }) => {
    const image = container.labels[labels.image] ?? textIn(container.config['Image']);
    const protection = whyProtected(container, image, own);
    if (protection !== null) return [`container ${container.name} is not replaced: ${protection}`];
    return container.status === 'paused' ? [`container ${container.name} is paused: unpause it first`] : [];
  });
}

function touchedBy(record: StackRecord, members: readonly Member[]): readonly Member[] {
  const moves = movesOf(record, members);
  return members.filter(({ service }) => moves.includes(service) || !(service in record.services));
}

async function missingThings(
  { docker }: StackParts,
  record: StackRecord,
  members: readonly Member[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const images = movesOf(record, members).map(async (service) => {
    const { image, label } = record.services[service] ?? { image: '', label: '' };
    if ((await docker.image(image, signal)) !== null) return [];
    return [`image ${label} (${image.slice(0, 19)}) of ${service} is not on this engine: pull it first`];
  });
  const networks = external(record, 'networks').map(async (name) =>
    (await docker.hasNetwork(name, signal)) ? [] : [`network ${name} is gone: create it again`],
  );
  const volumes = external(record, 'volumes').map(async (name) =>
    (await docker.hasVolume(name, signal)) ? [] : [`volume ${name} is gone: restore it first`],
  );
  return (await Promise.all([...images, ...networks, ...volumes])).flat();
}

/** Networks or volumes that the project uses and does not make. */
function external({ model }: StackRecord, kind: 'networks' | 'volumes'): readonly string[] {
  return Object.entries(recordIn(model[kind])).flatMap(([key, value]) => {
    const { external: isExternal, name } = recordIn(value);
    return isExternal === true ? [textIn(name) || key] : [];
  });
}

/** The files stay as they are: the next person who brings the project up must know what they say. */
async function fileWarning(
  { compose }: StackParts,
  stack: StackTarget,
  record: StackRecord | { readonly problem: string },
  step: Step,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if ('problem' in record) return [];
  try {
    const now = await compose.model(stack, signal);
    if (canonical(now) === canonical(record.model)) return [];
    return [
      `the files in ${stack.directory} say something else than release ${step.to?.id ?? ''}: bring them back, too, or the next docker compose up brings back what they say`,
    ];
  } catch (error) {
    if (error instanceof RollbackError && error.recourse === 'give-up')
      return [
        `the files in ${stack.directory} cannot be read just now, and are not needed: ${error.message}`,
      ];
    throw error;
  }
}

function returnWarning({ vault }: StackParts, step: Step): readonly string[] {
  if (step.from === null) return [];
  const record = recordedStack(step.from, vault);
  return 'problem' in record ? [`if it fails, what runs now cannot be put back: ${record.problem}`] : [];
}
