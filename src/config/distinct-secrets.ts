import type { Secret } from '../domain/secret.ts';
import type { Place } from './place.ts';

/** Secrets that must differ: whoever knows one would know the other. */
export class DistinctSecrets {
  readonly #known: { readonly name: string; readonly value: string }[] = [];

  /** @param name how people call it in messages, e.g. `slack.app.bot_token` */
  know(name: string, secret: Secret): void {
    this.#known.push({ name, value: secret.reveal() });
  }

  /** The same, after a problem at its place when it is known under another name. */
  take(place: Place, name: string, secret: Secret): void {
    const twin = this.#known.find(({ value }) => value === secret.reveal());
    if (twin !== undefined) place.problem(`is the same secret as ${twin.name}`);
    this.know(name, secret);
  }
}
