import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Compose } from '../../clients/compose/compose.ts';
import type { ServiceRecord, StackRecord } from '../../clients/compose/record.ts';
import type { ContainerFacts, ImageFacts, JsonObject } from '../../clients/docker/facts.ts';
import { imageLabel } from '../../clients/docker/image-label.ts';
import { labels } from '../../clients/docker/marks.ts';
import { recordIn, textIn } from '../../clients/docker/shape.ts';
import type { Specification } from '../../clients/docker/specification.ts';
import {
  composeLabels,
  specifyInStack,
  stackValue,
  type StackContainer,
} from '../../clients/docker/stack.ts';
import { RollbackError } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Vault } from '../../domain/ports/vault.ts';
import type { Component } from '../../domain/release.ts';
import type { StackTarget, Target } from '../../domain/target.ts';
import { MINUTE } from '../../domain/time.ts';

/** A container of a stack with its image. */
export interface Ran {
  readonly service: string;
  readonly container: ContainerFacts;
  readonly image: ImageFacts;
  readonly others: readonly StackContainer[];
}

const mostLabels = 4;

/** All services of a stack as one coordinate. Several containers of a service that are alike count as one. */
export function componentOf(ran: readonly Ran[], vault: Vault): Component {
  const members = ran.map((one) => ({ ...one, specification: specificationOf(one) }));
  const tags = [...new Set(ran.map(({ container, image }) => imageLabel(container, image)))].toSorted();
  const left = tags.length - mostLabels;
  return {
    kind: 'stack',
    value: stackValue(members, vault),
    label: [...tags.slice(0, mostLabels), ...(left > 0 ? [`${left} more`] : [])].join(' + '),
    images: [...new Set(ran.map(({ image }) => image.id))].toSorted(),
  };
}

function specificationOf({ container, image, others }: Ran): Specification {
  return specifyInStack(container, image.config, others);
}

interface Seen {
  readonly target: Target;
  readonly stack: StackTarget;
  readonly ran: readonly Ran[];
  /** Value of the component. */
  readonly release: string;
}

interface Known {
  readonly release: string;
  readonly ids: string;
  readonly sealed: string | null;
  readonly at: number;
}

/** Files that did not say what ran may do so later: a person edits, then brings it up. */
const askAgainMs = MINUTE;
const mostFileBytes = 256 * 1024;

/** What each stack was sealed as the last time: a look every two seconds finds the same again and again. */
export class StackSeals {
  readonly #parts: { readonly compose: Compose; readonly vault: Vault; readonly clock: Clock };
  readonly #last = new Map<string, Known>();

  constructor(parts: { readonly compose: Compose; readonly vault: Vault; readonly clock: Clock }) {
    this.#parts = parts;
  }

  /** The recorded specification, sealed; null when the project's files do not say what runs, or cannot be read. */
  async of(seen: Seen, signal: AbortSignal): Promise<string | null> {
    const now = this.#parts.clock.now();
    const last = this.#last.get(seen.target.name);
    const ids = seen.ran.map(({ container }) => container.id).join();
    if (last?.release === seen.release)
      if (last.sealed !== null || (last.ids === ids && now - last.at < askAgainMs)) return last.sealed;
    const record = await recordOf(this.#parts.compose, seen, signal);
    const sealed = record === null ? null : this.#parts.vault.seal(JSON.stringify(record));
    this.#last.set(seen.target.name, { release: seen.release, ids, sealed, at: now });
    return sealed;
  }
}

async function recordOf(
  compose: Compose,
  { stack, ran }: Seen,
  signal: AbortSignal,
): Promise<StackRecord | null> {
  const services = new Map<string, Ran>();
  for (const one of ran) services.set(one.service, one);
  try {
    const model = await compose.model(stack, signal);
    const hashes = await compose.hashes(stack, asStarted(stack, model, services), signal);
    const same = ran.every(
      ({ service, container }) => container.labels[composeLabels.hash] === hashes[service],
    );
    if (!same) return null;
    return { version: 1, kind: 'stack', files: await textsOf(stack), model, services: recorded(services) };
  } catch (error) {
    // The release is known without it; a rollback to it says that nothing was recorded.
    if (error instanceof RollbackError) return null;
    throw error;
  }
}

/**
 * The project, and what a shell or a rollback added to the files when it started the containers: the image by another
 * name, marks. A rollback starts each service alone, which takes what it depends on out of its hash.
 */
function asStarted(
  { project }: StackTarget,
  model: JsonObject,
  services: ReadonlyMap<string, Ran>,
): readonly JsonObject[] {
  const written = recordIn(model['services']);
  const overrides = [...services].map(([service, { container }]) => {
    const image = textIn(container.config['Image']);
    const stated = textIn(recordIn(written[service])['image']) || `${project}-${service}`;
    const ours = Object.entries(container.labels).filter(([name]) => name.startsWith(labels.prefix));
    return [service, { ...(image === stated ? {} : { image }), labels: Object.fromEntries(ours) }];
  });
  const alone = Object.entries(written).map(([service, definition]) => {
    const { depends_on: needed, ...rest } = recordIn(definition);
    const isOurs = services.get(service)?.container.labels[labels.op] !== undefined;
    return [service, isOurs || needed === undefined ? rest : { ...rest, depends_on: needed }];
  });
  return [
    { ...model, services: Object.fromEntries(alone) as JsonObject },
    { services: Object.fromEntries(overrides) as JsonObject },
  ];
}

function recorded(services: ReadonlyMap<string, Ran>): Readonly<Record<string, ServiceRecord>> {
  const entries = [...services].map(([service, one]) => [
    service,
    {
      image: one.image.id,
      label: imageLabel(one.container, one.image),
      specification: specificationOf(one),
    },
  ]);
  return Object.fromEntries(entries) as Readonly<Record<string, ServiceRecord>>;
}

async function textsOf({ directory, files, envFile }: StackTarget): Promise<StackRecord['files']> {
  const paths = [...files, envFile ?? join(directory, '.env')];
  const read = await Promise.all(
    paths.map(async (path) => {
      const size = (await stat(path).catch(() => null))?.size ?? mostFileBytes + 1;
      return size > mostFileBytes ? [] : [{ path, text: await readFile(path, 'utf8') }];
    }),
  );
  return read.flat();
}
