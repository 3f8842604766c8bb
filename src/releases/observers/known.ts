import type { Docker } from '../../clients/docker/docker.ts';
import type { ContainerFacts, ImageFacts } from '../../clients/docker/facts.ts';
import { RollbackError } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Vault } from '../../domain/ports/vault.ts';
import { MINUTE } from '../../domain/time.ts';

/** What a container was sealed as the last time: a look every two seconds finds the same again and again. */
export class Seals {
  readonly #vault: Vault;
  readonly #last = new Map<string, { readonly config: string; readonly sealed: string }>();

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  of({ name }: ContainerFacts, made: { readonly config: string; readonly specification: string }): string {
    const last = this.#last.get(name);
    if (last?.config === made.config) return last.sealed;
    const sealed = this.#vault.seal(made.specification);
    this.#last.set(name, { config: made.config, sealed });
    return sealed;
  }
}

const mostKnown = 500;
/** Tags and digests of an image that is known move rarely, and matter only for naming and pulling it. */
const askAgainMs = MINUTE;

/** Configurations of images by id: they never change, and outlive the image. */
export class KnownImages {
  readonly #docker: Docker;
  readonly #clock: Clock;
  readonly #images = new Map<string, ImageFacts>();
  /** When the engine was last asked for the image of a container, by the container's id. */
  readonly #askedAt = new Map<string, number>();

  constructor({ docker, clock }: { readonly docker: Docker; readonly clock: Clock }) {
    this.#docker = docker;
    this.#clock = clock;
  }

  /** Rejects with `NOT_FOUND` when the image is gone and was never seen. */
  async of(container: ContainerFacts, signal: AbortSignal): Promise<ImageFacts> {
    const now = this.#clock.now();
    const known = this.#images.get(container.image);
    if (known !== undefined && now - (this.#askedAt.get(container.id) ?? 0) < askAgainMs) return known;
    const image = (await this.#docker.image(container.image, signal)) ?? known;
    this.#remember(this.#askedAt, container.id, now);
    if (image === undefined) {
      const message = `looking at container ${container.name}: its image ${container.image.slice(0, 19)} is gone, so its release cannot be told; pull the image again`;
      throw new RollbackError('NOT_FOUND', message, { container: container.name, image: container.image });
    }
    this.#remember(this.#images, image.id, image);
    return image;
  }

  #remember<Value>(known: Map<string, Value>, key: string, value: Value): void {
    known.delete(key);
    known.set(key, value);
    const oldest = known.keys().next().value;
    if (known.size > mostKnown && oldest !== undefined) known.delete(oldest);
  }
}
