/** Chance, handed in, so that a simulated run is repeatable. */
export interface Ids {
  /** A new id such as `i-7k3f9a`: short enough to type at 3 a.m., unique in one store. */
  next(prefix: 'i'): string;
  /** 128 random bits in base64url: nobody guesses it. */
  unguessable(): string;
}
