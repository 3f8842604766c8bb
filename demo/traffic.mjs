// Customers of the sample shop.   node traffic.mjs URL [PER_SECOND]
import { fileURLToPath } from 'node:url';

/** Starts checkouts at a steady pace until `stop` is called. Refused connections count as failures. */
export function startTraffic({ url, perSecond = 10 }) {
  const counts = { served: 0, failed: 0 };
  const timer = setInterval(async () => {
    const answer = await fetch(new URL('/checkout', url), {
      method: 'POST',
      signal: AbortSignal.timeout(2_000),
    }).catch(() => null);
    await answer?.body?.cancel();
    counts[answer?.ok ? 'served' : 'failed'] += 1;
  }, 1_000 / perSecond);
  return { counts: () => ({ ...counts }), stop: () => clearInterval(timer) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [url, perSecond = '10'] = process.argv.slice(2);
  startTraffic({ url, perSecond: Number(perSecond) });
  process.on('disconnect', () => process.exit(0));
}
