import type { GateView } from '../domain/ports/daemon.ts';
import type { Found } from '../domain/ports/releases.ts';
import { nameRelease } from '../domain/release.ts';

export interface GateInput {
  readonly target: string;
  /** Id of the incident that is open on the target. */
  readonly incident: string | null;
  /** Why nothing may start, e.g. `halted by alice: database work`. */
  readonly halted: string | null;
  /** Why the target is frozen, e.g. `shop is frozen by alice until 2026-01-05 13:00 UTC: stocktaking`. */
  readonly frozen: string | null;
  /** What is about to be deployed, where it is named. One that never ran here is nothing against it. */
  readonly release: Found | null;
}

/** Whether CI may deploy to the target now: not during an incident, a halt or a freeze, and not a bad release. */
export function gate({ target, incident, halted, frozen, release: found }: GateInput): GateView {
  const reasons: string[] = [];
  if (incident !== null) reasons.push(`incident ${incident} is open on ${target}`);
  if (halted !== null) reasons.push(`nothing may start: ${halted}`);
  if (frozen !== null) reasons.push(frozen);
  const about = found === null ? null : whyNot(found);
  if (about !== null) reasons.push(about);
  return { open: reasons.length === 0, reasons };
}

/** A name that may stand for several releases may stand for a bad one. */
function whyNot(found: Found): string | null {
  if (found.release === null) return found.ambiguous ? found.problem : null;
  const { release } = found;
  return release.standing === 'bad' ? `${nameRelease(release)} is known to be bad: ${release.because}` : null;
}
