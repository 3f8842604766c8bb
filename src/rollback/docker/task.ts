import type { Docker } from '../../clients/docker/docker.ts';
import { placeNames, type PlaceNames } from '../../clients/docker/marks.ts';
import type { Specification } from '../../clients/docker/specification.ts';
import { RollbackError } from '../../domain/errors.ts';
import type { Step } from '../../domain/plan.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Vault } from '../../domain/ports/vault.ts';
import type { Component } from '../../domain/release.ts';
import { rollbackOptions, type RollbackOptions } from './options.ts';

/** What the drivers of containers work with. */
export interface DockerParts {
  readonly docker: Docker;
  readonly vault: Vault;
  readonly clock: Clock;
  /** What must not be touched: rollbackd's own container, and hosts it works through. */
  readonly own: {
    readonly containerId: string | null;
    /** Host names of the socket proxy and of Prometheus, which may be names of containers. */
    readonly hosts: readonly string[];
  };
}

/** A step of `docker.rollback` on behalf of one effect. */
export interface Task {
  readonly step: Step;
  readonly opId: string;
  /** Name of the container. */
  readonly name: string;
  readonly places: PlaceNames;
  readonly options: RollbackOptions;
  readonly image: Component;
}

/** Reads the step. Rejects with `PLAN_REFUSED` when it cannot be one of `docker.rollback`. */
export function taskOf(step: Step, opId: string): Task {
  const name = step.target.container;
  if (name === null) throw refused(`the target ${step.target.name} has no container`);
  const image = step.to?.components.find(({ kind }) => kind === 'image');
  if (image === undefined) throw refused('the release to go to has no image');
  return {
    step,
    opId,
    name,
    places: placeNames(name, opId),
    options: rollbackOptions.parse(step.options),
    image,
  };
}

/** The recorded specification of the release to go to, or why there is none that can be used. */
export function recorded(task: Task, vault: Vault): Specification | { readonly problem: string } {
  const { to } = task.step;
  if (to === null || to.sealed === null)
    return { problem: `no specification was recorded for release ${to?.id ?? 'none'}` };
  try {
    const opened = JSON.parse(vault.open(to.sealed)) as Specification;
    if (opened.version === 1) return opened;
    return { problem: `the specification of release ${to.id} was recorded by a newer version` };
  } catch (error) {
    if (error instanceof RollbackError) return { problem: error.message };
    throw error;
  }
}

function refused(why: string): RollbackError {
  return new RollbackError('PLAN_REFUSED', `docker.rollback cannot be planned: ${why}`);
}
