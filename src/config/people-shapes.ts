import { z } from 'zod';
import type { ApproverGrant } from '../domain/notification.ts';
import { risks } from '../domain/plan.ts';
import { severities } from '../domain/rule.ts';
import { mailAddress, name, text } from './scalars.ts';
import { slackId } from './slack-ids.ts';

const someSeverities = z.array(z.enum(severities)).min(1).optional();
const someTargets = z.array(z.string()).min(1).optional();

/** The keys of a route. */
export const routeShape = {
  channels: z.array(z.string()).min(1).describe('slack, email, alertmanager, or names of webhooks'),
  severities: someSeverities.describe('Only incidents of these; all unless stated'),
  targets: someTargets.describe('Only incidents of these; all unless stated'),
};

/** The keys of a contact. */
export const contactShape = {
  name: name.describe('As in tokens: answers of one person by several ways count once'),
  slack: slackId('user').optional().describe("Slack's id of the user"),
  email: mailAddress.optional().describe('Address'),
  phone: text
    .refine((written) => /^[+0-9][0-9 ()./-]{2,30}$/.test(written), 'expected a number such as +49 30 1234')
    .optional()
    .describe('Number, for those who call'),
};

const approverRoles = [
  'operator',
  'approver',
  'dba',
  'admin',
] as const satisfies readonly ApproverGrant['role'][];

/** The keys of a grant. */
export const approverShape = {
  slack_users: z.array(slackId('user')).optional().describe("Slack's ids of people"),
  slack_groups: z.array(slackId('group')).optional().describe("Slack's ids of user groups"),
  role: z.enum(approverRoles).optional().describe('As in tokens; approver unless stated'),
  severities: someSeverities.describe('Only incidents of these; all unless stated'),
  targets: someTargets.describe('Only on these; all unless stated'),
  up_to: z
    .enum(risks)
    .optional()
    .describe('The gravest step that they may approve; disruptive unless stated'),
};
