import type { Configuration } from '../domain/configuration.ts';
import { controlKeys, type Silence } from '../domain/controls.ts';
import type { Json } from '../domain/json.ts';
import type { Target } from '../domain/target.ts';
import type { Case } from './case.ts';

const controlKinds = ['token:', 'code:', 'announced:', 'reminded:', 'migration:'] as const;
type ControlKind = (typeof controlKinds)[number];

/** What the engine holds in memory: open incidents, durable controls, the present configuration. */
export class Book {
  configuration: Configuration;
  readonly #controls = new Map<string, Json>();
  /** Those that are looked through as a whole, by the beginning of their keys. */
  readonly #kinds = new Map<string, Map<string, Json>>(controlKinds.map((kind) => [kind, new Map()]));
  /** False until the controls of the last daemon are here. */
  loaded = false;
  /** Hash of the last journal entry: goes into closing messages, so that a cut tail is noticed. */
  head = '';
  /** Why something of a target could not be looked at, by what it is; empty when everything can be seen. */
  readonly failedLooks = new Map<string, string>();
  /** Targets whose release has just become worth keeping. */
  readonly toPin = new Set<string>();
  #messages = 0;
  readonly #cases = new Map<string, Case>();

  constructor(configuration: Configuration) {
    this.configuration = configuration;
  }

  /** Tells messages apart. */
  nextMessage(): number {
    this.#messages += 1;
    return this.#messages;
  }

  add(open: Case): void {
    this.#cases.set(open.incident.context.id, open);
  }

  remove(open: Case): void {
    this.#cases.delete(open.incident.context.id);
  }

  find(id: string): Case | null {
    return this.#cases.get(id) ?? null;
  }

  /** A target has at most one incident that is not closed. */
  on(target: string): Case | null {
    for (const open of this.#cases.values()) if (open.incident.context.target === target) return open;
    return null;
  }

  open(): readonly Case[] {
    return [...this.#cases.values()];
  }

  target(name: string): Target | null {
    return this.configuration.targets[name] ?? null;
  }

  silenced(rule: string, target: string, at: number): boolean {
    return [controlKeys.silence(rule, target), controlKeys.silence(rule, null)].some((key) => {
      const silence = this.control<Silence>(key);
      return silence !== null && silence.until > at;
    });
  }

  get controls(): ReadonlyMap<string, Json> {
    return this.#controls;
  }

  /** Sets a control; null removes it. */
  setControl(key: string, value: Json): void {
    for (const map of [this.#controls, this.#kinds.get(key.slice(0, key.indexOf(':') + 1))]) {
      if (value === null) map?.delete(key);
      else map?.set(key, value);
    }
  }

  /** Controls of a kind by key, oldest first, without walking through all of them. */
  controlsOf<Value>(kind: ControlKind): ReadonlyMap<string, Value> {
    return (this.#kinds.get(kind) ?? new Map()) as ReadonlyMap<string, Value>;
  }

  /** A control's value under its own type; null when it is not set. */
  control<Value>(key: string): Value | null {
    return (this.controls.get(key) ?? null) as Value | null;
  }
}
