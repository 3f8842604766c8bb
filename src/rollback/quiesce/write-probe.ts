import { publicUrl } from '../../clients/http.ts';
import type { WriteProbe } from './options.ts';
import { send, type RequestParts } from './request.ts';

/** Tries to write. Null when that is refused; otherwise what came back. Rejects when nothing did. */
export async function triedWrite(
  probe: WriteProbe,
  timeoutMs: number,
  parts: RequestParts,
  signal: AbortSignal,
): Promise<string | null> {
  const { status } = await send(probe, { opId: null, timeoutMs }, parts, signal);
  if (probe.refused.includes(status)) return null;
  return `a write still gets through: ${probe.method} ${publicUrl(probe.url)} answered ${status}, expected ${probe.refused.join(' or ')}`;
}
