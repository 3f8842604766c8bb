import { z } from 'zod';
import { reloadSignals } from '../../clients/process/pid-file.ts';
import { durationOption } from '../drivers/duration-option.ts';

const absolute = z.string().startsWith('/', 'expected an absolute path');

const restart = z.union([
  z.literal('none'),
  z.strictObject({ run: z.array(z.string()).min(1, 'expected a program and its arguments') }),
  z.strictObject({ signal: z.enum(reloadSignals), pid_file: absolute }),
]);
/** How the service is made to run what the link leads to. */
export type Restart = z.output<typeof restart>;

/** Options of `link.rollback`. */
export const linkOptions = z.strictObject({
  /** `last_good`, or the absolute path of a release directory. */
  to: z
    .string()
    .regex(/^(last_good|\/.*|\$\{.*)$/, 'expected last_good or an absolute path')
    .default('last_good'),
  restart: restart.default('none'),
  /** After the restart the address must answer 2xx within this time, else the old link is put back. */
  healthy: z.strictObject({ url: z.string().min(1), within: durationOption.default('30s') }).optional(),
});
export type LinkOptions = z.output<typeof linkOptions>;
