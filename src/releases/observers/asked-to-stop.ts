import type { ContainerEvent } from '../../clients/docker/docker.ts';
import type { ContainerFacts } from '../../clients/docker/facts.ts';
import { MINUTE } from '../../domain/time.ts';

/** A container that still runs this long after it was told to stop took no notice. */
const noticeMs = MINUTE;
/** HUP, USR1, USR2 and WINCH ask for something else than an end. */
const otherSignals: readonly (number | null)[] = [1, 10, 12, 28];

/** Containers that somebody stops on purpose: they end, but not by themselves. A hint, lost at a restart. */
export class AskedToStop {
  /** When each was told last, by the wall clock. */
  readonly #told = new Map<string, number>();

  isLeaving({ id, status, finishedAt }: ContainerFacts, wall: number): boolean {
    const toldAt = this.#told.get(id);
    return toldAt !== undefined && (status === 'running' ? wall : finishedAt) - toldAt < noticeMs;
  }

  heard({ action, id, signal }: ContainerEvent, wall: number): void {
    if (action === 'stop' || (action === 'kill' && !otherSignals.includes(signal))) this.#told.set(id, wall);
    if (action === 'start' || action === 'destroy') this.#told.delete(id);
  }
}
