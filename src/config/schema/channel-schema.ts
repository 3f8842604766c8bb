import { z, type ZodType } from 'zod';
import { contactRoles } from '../../domain/notification.ts';
import {
  alertmanagerShape,
  emailShape,
  notifyShape,
  slackAppShape,
  slackShape,
  webhookShape,
} from '../channel-shapes.ts';
import { mainShape } from '../main-shapes.ts';
import { approverShape, contactShape, routeShape } from '../people-shapes.ts';
import { httpUrl, name } from '../scalars.ts';
import { secretReference } from '../secrets.ts';
import { filled, oneOf } from './json-schema.ts';

/** The keys of the main file by which people are told and asked. */
export function channelKeys(): Readonly<Record<string, ZodType>> {
  return {
    public_url: filled(mainShape.public_url, httpUrl),
    slack: filled(mainShape.slack, slack()),
    email: filled(
      mainShape.email,
      z.strictObject(emailShape).meta({ required: ['server', 'from', 'to'] }),
    ),
    webhooks: filled(
      mainShape.webhooks,
      z.record(name, z.strictObject(webhookShape).meta({ required: ['url'] })),
    ),
    alertmanager: filled(
      mainShape.alertmanager,
      z.strictObject(alertmanagerShape).meta({ required: ['url'] }),
    ),
    notify: filled(mainShape.notify, notify()),
    contacts: filled(mainShape.contacts, contacts()),
    approvers: filled(mainShape.approvers, z.array(grant())),
  };
}

function slack(): ZodType {
  const signing = z.array(secretReference).min(1).max(2);
  const app = z
    .strictObject({
      ...slackAppShape,
      signing_secrets: filled(slackAppShape.signing_secrets, signing),
    })
    .meta({
      required: ['bot_token', 'channel', 'team', 'id'],
      anyOf: ['app_token', 'signing_secrets'].map((key) => ({ required: [key] })),
    });
  return z.strictObject({ ...slackShape, app: filled(slackShape.app, app) }).meta(oneOf(['webhook', 'app']));
}

function notify(): ZodType {
  const route = z.strictObject(routeShape).meta({ required: ['channels'] });
  return z.strictObject({ ...notifyShape, routes: filled(notifyShape.routes, z.array(route)) });
}

function contacts(): ZodType {
  const contact = z.strictObject(contactShape).meta({
    required: ['name'],
    anyOf: ['slack', 'email', 'phone'].map((key) => ({ required: [key] })),
  });
  const some = z.union([contact, z.array(contact).min(1)]);
  return z.strictObject(
    Object.fromEntries(contactRoles.map((role) => [role, some.optional().describe(roleWords[role])])),
  );
}

const roleWords = {
  on_call: 'Who is called first',
  tech_lead: 'Who decides when it is unclear',
  dba: 'Who answers for the data',
  devops: 'Who answers for the machines',
} as const satisfies Readonly<Record<(typeof contactRoles)[number], string>>;

function grant(): ZodType {
  return z
    .strictObject(approverShape)
    .meta({ anyOf: ['slack_users', 'slack_groups'].map((key) => ({ required: [key] })) });
}
