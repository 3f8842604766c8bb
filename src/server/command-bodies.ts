import { z } from 'zod';
import type { Role } from '../domain/configuration.ts';
import { causes, type Cause } from '../domain/incident.ts';
import type { Command } from '../domain/command.ts';
import { usualWindowMs } from '../domain/migration.ts';
import { componentKinds } from '../domain/release.ts';
import { DAY } from '../domain/time.ts';
import { key, note, optionalWord, word } from './words.ts';

/** What a command needs: a role, and a body that becomes the command. */
interface CommandRoute {
  readonly role: Role;
  /** One line for the OpenAPI document. */
  readonly summary: string;
  readonly body: z.ZodType<Command>;
}

const forMs = z
  .number()
  .int()
  .min(1000)
  .max(366 * DAY);
const cause = z.enum(Object.keys(causes) as [Cause, ...Cause[]]);
const kind = z.enum(componentKinds);

const answer = z.strictObject({ incident: word, planDigest: optionalWord, note });
const noted = z.strictObject({ note });
const onRule = z.strictObject({ rule: word, target: optionalWord });

const release = z.discriminatedUnion('action', [
  z.strictObject({
    action: z.literal('record'),
    target: word,
    components: z
      .array(z.strictObject({ kind, value: word }))
      .min(1)
      .max(8),
    barrier: optionalWord,
  }),
  z.strictObject({ action: z.enum(['good', 'bad']), target: word, release: word, note }),
]);

const migration = z.discriminatedUnion('phase', [
  z.strictObject({
    phase: z.enum(['begin', 'retry']),
    target: word,
    recipe: word,
    set: optionalWord,
    withinMs: forMs
      .max(7 * DAY)
      .optional()
      .default(usualWindowMs),
    confirmed: z.boolean().optional().default(false),
    fixed: note,
    note,
  }),
  z.strictObject({
    phase: z.literal('end'),
    target: word,
    failed: z.boolean().optional().default(false),
    note,
  }),
]);

/** `POST /api/v1/commands/NAME` for each of these. */
export const commandRoutes: Readonly<Record<Command['do'], CommandRoute>> = {
  rollback: {
    role: 'approver',
    summary: "Roll a target back by one's own judgement",
    body: z
      .strictObject({
        target: word,
        because: cause,
        to: optionalWord,
        playbook: optionalWord,
        planDigest: word.optional(),
        note,
      })
      .transform(({ planDigest, ...body }) => ({
        do: 'rollback' as const,
        ...body,
        ...(planDigest === undefined ? {} : { planDigest }),
      })),
  },
  emergency: {
    role: 'approver',
    summary: 'Roll a target back at once, by its playbook for emergencies',
    body: z
      .strictObject({ target: word, planDigest: word.optional(), note })
      .transform(({ planDigest, ...body }) => ({
        do: 'emergency' as const,
        ...body,
        ...(planDigest === undefined ? {} : { planDigest }),
      })),
  },
  approve: {
    role: 'approver',
    summary: 'Approve the plan of a question',
    body: answer.transform((body) => ({ do: 'approve' as const, ...body })),
  },
  reject: {
    role: 'approver',
    summary: 'Reject the plan of a question',
    body: answer.transform((body) => ({ do: 'reject' as const, ...body })),
  },
  prolong: {
    role: 'approver',
    summary: 'Ten more minutes to answer a question, three times at most',
    body: z
      .strictObject({ incident: word, planDigest: optionalWord })
      .transform((body) => ({ do: 'prolong' as const, ...body })),
  },
  hand_over: {
    role: 'approver',
    summary: 'Take a question to a person, who owns the incident from then on',
    body: z
      .strictObject({ incident: word, note })
      .transform((body) => ({ do: 'hand_over' as const, ...body })),
  },
  halt: {
    role: 'operator',
    summary: 'Let no effect start',
    body: noted.transform((body) => ({ do: 'halt' as const, ...body })),
  },
  unhalt: {
    role: 'operator',
    summary: 'Lift the halt',
    body: noted.transform((body) => ({ do: 'unhalt' as const, ...body })),
  },
  freeze: {
    role: 'operator',
    summary: 'Ask people instead of rolling back, for a time',
    body: z
      .strictObject({ target: optionalWord, forMs, note })
      .transform((body) => ({ do: 'freeze' as const, ...body })),
  },
  unfreeze: {
    role: 'operator',
    summary: 'Lift a freeze',
    body: z
      .strictObject({ target: optionalWord })
      .transform((body) => ({ do: 'unfreeze' as const, ...body })),
  },
  silence: {
    role: 'operator',
    summary: 'Send no messages of a rule, for a time',
    body: onRule.extend({ forMs, note }).transform((body) => ({ do: 'silence' as const, ...body })),
  },
  unsilence: {
    role: 'operator',
    summary: 'Lift a silence',
    body: onRule.transform((body) => ({ do: 'unsilence' as const, ...body })),
  },
  arm: {
    role: 'operator',
    summary: 'Allow a rule to decide',
    body: onRule.transform((body) => ({ do: 'arm' as const, ...body })),
  },
  ack: {
    role: 'operator',
    summary: 'Acknowledge an incident',
    body: z.strictObject({ incident: word, note }).transform((body) => ({ do: 'ack' as const, ...body })),
  },
  migrate: {
    role: 'operator',
    summary: 'Open or close the window of a migration',
    body: migration.transform((body) => ({ do: 'migrate' as const, ...body })),
  },
  bug: {
    role: 'operator',
    summary: 'Report a bug seen in a target',
    body: z
      .strictObject({ target: word, issue: key, by: key.nullable().optional().default(null), note })
      .transform((body) => ({ do: 'bug' as const, ...body })),
  },
  deploy: {
    role: 'operator',
    summary: 'Say that a deployment begins or ends',
    body: z
      .strictObject({ target: word, phase: z.enum(['begin', 'end']) })
      .transform((body) => ({ do: 'deploy' as const, ...body })),
  },
  release: {
    role: 'operator',
    summary: 'Record a release, or say that one is good or bad',
    body: release.transform((body) => ({ do: 'release' as const, ...body })),
  },
};
