import type { GateView } from '../domain/ports/daemon.ts';
import { nameRelease, type Release } from '../domain/release.ts';

export interface GateInput {
  readonly target: string;
  /** Id of the incident that is open on the target. */
  readonly incident: string | null;
  /** Why nothing may start, e.g. `halted by alice: database work`. */
  readonly halted: string | null;
  /** Why the target is frozen, e.g. `shop is frozen by alice until 2026-01-05 13:00 UTC: stocktaking`. */
  readonly frozen: string | null;
  /** The release about to be deployed, where it is named and known. */
  readonly release: Release | null;
}

/** Whether CI may deploy to the target now: not during an incident, a halt or a freeze, and not a bad release. */
export function gate({ target, incident, halted, frozen, release }: GateInput): GateView {
  const reasons: string[] = [];
  if (incident !== null) reasons.push(`incident ${incident} is open on ${target}`);
  if (halted !== null) reasons.push(`nothing may start: ${halted}`);
  if (frozen !== null) reasons.push(frozen);
  if (release?.standing === 'bad')
    reasons.push(`${nameRelease(release)} is known to be bad: ${release.because}`);
  return { open: reasons.length === 0, reasons };
}
