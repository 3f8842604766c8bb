import { z } from 'zod';
import { reloadSignals } from '../../clients/process/pid-file.ts';
import { durationOption } from '../drivers/duration-option.ts';

const absolute = z.string().startsWith('/', 'expected an absolute path');

const restart = z.union([
  z.literal('none'),
  z.strictObject({
    run: z
      .array(z.string())
      .min(1, 'expected a program and its arguments')
      .describe('A program of allowed_programs and its arguments'),
  }),
  z.strictObject({
    signal: z.enum(reloadSignals).describe('Sent to the process'),
    pid_file: absolute.describe('The file that holds its number'),
  }),
]);
/** How the service is made to run what the link leads to. */
export type Restart = z.output<typeof restart>;

/** Options of `link.rollback`. */
export const linkOptions = z.strictObject({
  to: z
    .string()
    .regex(/^(last_good|\/.*|\$\{.*)$/, 'expected last_good or an absolute path')
    .default('last_good')
    .describe('last_good, or the absolute path of a release directory'),
  restart: restart.default('none').describe('How the service is made to run what the link leads to'),
  healthy: z
    .strictObject({
      url: z.string().min(1).describe('Must answer 2xx'),
      within: durationOption.default('30s').describe('Else the old link is put back'),
    })
    .optional()
    .describe('What must answer after the restart'),
});
export type LinkOptions = z.output<typeof linkOptions>;
