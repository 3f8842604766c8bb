import { MINUTE } from '../../src/domain/time.ts';
import { type LevelOptions, watching, type Watching, type WatchingOptions } from './watching.ts';

/** HIGH above 25 %, CRITICAL above 50 %, both for a minute. */
export function assessed(high: LevelOptions = {}, critical: LevelOptions = {}) {
  return {
    'error-rate': {
      measure: 'errors',
      levels: {
        critical: { above: 0.5, forMs: MINUTE, ...critical },
        high: { above: 0.25, forMs: MINUTE, ...high },
      },
    },
  };
}

/** v2 answers three of ten requests with errors, and people were asked what to do. */
export async function asked(high: LevelOptions = {}, options: WatchingOptions = {}): Promise<Watching> {
  const w = await watching({ rules: assessed(high), ...options });
  await w.deploy('v2');
  w.breaks('v2', 0.3);
  await w.wait(2 * MINUTE);
  return w;
}
