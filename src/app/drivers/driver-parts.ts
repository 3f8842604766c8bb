import type { Docker } from '../../clients/docker/docker.ts';
import type { DataWorth } from '../../domain/data-risk.ts';
import type { Backups } from '../../domain/ports/backups.ts';
import type { Message } from '../../domain/ports/channel.ts';
import type { Vault } from '../../domain/ports/vault.ts';
import type { Target } from '../../domain/target.ts';
import type { Surroundings } from '../connections.ts';

/** What drivers need beside the connections. */
export interface DriverParts extends Surroundings {
  /** null when no Docker engine is configured. */
  readonly docker: Docker | null;
  readonly vault: Vault;
  /** The backup sets; null where none are configured. */
  readonly backups: Backups | null;
  /** Whether what guards data only warns. */
  readonly isDevelopment: () => boolean;
  /** What data is worth. */
  readonly worth: () => DataWorth;
  /** What rollbackd must never touch: its own container, and the hosts it works through. */
  readonly own: { readonly containerId: string | null; readonly hosts: readonly string[] };
  /** Whether there is a Prometheus to ask. */
  readonly answers: boolean;
  readonly channels: readonly string[];
  readonly tell: (messages: readonly Message[], signal: AbortSignal) => Promise<void>;
  readonly readings: ((target: Target) => readonly string[]) | null;
}
