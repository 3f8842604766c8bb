import { z } from 'zod';
import { shown } from './wording.ts';

const kinds = {
  channel: { letters: 'CG', what: 'a channel', example: 'C0123456789' },
  team: { letters: 'T', what: 'a team (workspace)', example: 'T0123456789' },
  app: { letters: 'A', what: 'an app', example: 'A0123456789' },
  user: { letters: 'UW', what: 'a user', example: 'U0123456789' },
  group: { letters: 'S', what: 'a user group', example: 'S0123456789' },
} as const;

/** Slack's id of something. Names are refused: they can be changed, and then they mean somebody else. */
export function slackId(kind: keyof typeof kinds): z.ZodType<string> {
  const { letters, what, example } = kinds[kind];
  const pattern = `^[${letters}][A-Z0-9]{2,30}$`;
  return z
    .unknown()
    .transform((value, context): string => {
      if (typeof value === 'string' && new RegExp(pattern).test(value)) return value;
      const wanted = `expected Slack's id of ${what} such as ${example}`;
      const message = value === undefined ? `is missing; ${wanted}` : `${wanted}, got ${shown(value)}`;
      context.issues.push({ code: 'custom', message, input: value });
      return z.NEVER;
    })
    .meta({ type: 'string', pattern });
}
