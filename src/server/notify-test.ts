import { z } from 'zod';
import type { Daemon } from '../domain/ports/daemon.ts';
import { about, type Api } from './route.ts';

/** `POST notify/test`: one message of each kind to each channel. */
export function addNotifyTest(api: Api, daemon: Daemon): void {
  api.post(
    '/notify/test',
    {
      schema: { body: z.strictObject({}) },
      config: about('Send one test message of each kind to each channel', 'Tried', { role: 'operator' }),
    },
    ({ actor }) => daemon.notifyTest(actor),
  );
}
