import type { Risk } from './plan.ts';
import type { Severity } from './rule.ts';
import type { Secret } from './secret.ts';

/** Whom a channel reaches: the team that acts, or those who use what broke. */
export const audiences = ['internal', 'external'] as const;
export type Audience = (typeof audiences)[number];

/** Who may have to be called when rollbackd hands over. */
export const contactRoles = ['on_call', 'tech_lead', 'dba', 'devops'] as const;
export type ContactRole = (typeof contactRoles)[number];

/** A person, or a rota, by the ways in which it is reached; null where there is none. */
export interface Contact {
  readonly role: ContactRole;
  /** As in `tokens`: answers of one person by several ways count once. */
  readonly name: string;
  /** Slack's id of the user (`U…`). */
  readonly slack: string | null;
  readonly email: string | null;
  readonly phone: string | null;
}

/** Which channels hear of an incident. A channel that no route names hears of every incident. */
export interface Route {
  readonly channels: readonly string[];
  /** null: of every target. */
  readonly targets: readonly string[] | null;
  /** null: of every severity. */
  readonly severities: readonly Severity[] | null;
}

/** One thing that a communication plan has people told of, at a time after the incident was opened. */
export interface Announcement {
  readonly afterMs: number;
  readonly to: Audience;
  /** Only while the incident is open, only once it is closed, or in any case. `closed` waits for the closing. */
  readonly when: 'open' | 'closed' | 'always';
  /** A template of `announcementNames`. */
  readonly say: string;
}

/** What may stand between `${` and `}` in an announcement. */
export const announcementNames = [
  'incident',
  'target',
  'severity',
  'state',
  'outcome',
  'reason',
  'since',
  'lasted',
] as const;

/** A communication plan of a pack: who is told what, and when. Playbooks name it. */
export interface Communication {
  /** `pack/name`. */
  readonly id: string;
  /** Earliest first. */
  readonly announcements: readonly Announcement[];
}

/** Whose clicks and commands in Slack count, and for what. */
export interface ApproverGrant {
  /** Slack's ids of users (`U…`, `W…`). */
  readonly users: readonly string[];
  /** Slack's ids of user groups (`S…`). */
  readonly groups: readonly string[];
  readonly role: 'operator' | 'approver' | 'dba' | 'admin';
  /** null: of every severity. */
  readonly severities: readonly Severity[] | null;
  /** null: on every target. */
  readonly targets: readonly string[] | null;
  /** The gravest step that they may approve. */
  readonly upTo: Risk;
}

/** A Slack app with a bot: cards with buttons that are edited, threads, commands. */
export interface SlackApp {
  readonly botToken: Secret;
  /** App-level token for Socket Mode; null: Slack posts to `/slack/…` of the API instead. */
  readonly appToken: Secret | null;
  /** Needed without Socket Mode; two while one is being replaced. */
  readonly signingSecrets: readonly Secret[];
  /** Slack's ids of the channel, the team (workspace) and the app. */
  readonly channel: string;
  readonly team: string;
  readonly app: string;
  /** Where Slack's Web API is; https://slack.com/api/ unless stated. */
  readonly apiUrl: string;
}

/** Where messages go, beside the log. Each key is the name of a channel. */
export interface ChannelPart {
  /** `slack`, by an incoming webhook: it only tells. */
  readonly slackWebhook: Secret | null;
  /** `slack`, by an app: it also asks. Takes the place of the webhook. */
  readonly slackApp: SlackApp | null;
  readonly email: EmailChannel | null;
  readonly webhooks: readonly WebhookChannel[];
  readonly alertmanager: AlertmanagerChannel | null;
}

/** `email`. */
export interface EmailChannel {
  /** `smtp://host:587` (STARTTLS where offered) or `smtps://host:465`. */
  readonly server: string;
  readonly user: string | null;
  readonly password: Secret | null;
  readonly from: string;
  readonly to: readonly string[];
  readonly audience: Audience;
}

/** Any service that takes JSON; its own name is the channel's. */
export interface WebhookChannel {
  readonly name: string;
  /** May hold a token, so it is never shown. */
  readonly url: Secret;
  /** Signs what is sent: `rollbackd-signature: t=SECONDS,v1=HEX`, HMAC-SHA256 of `SECONDS.BODY`. */
  readonly secret: Secret | null;
  readonly audience: Audience;
}

/** `alertmanager`: one alert an incident. */
export interface AlertmanagerChannel {
  readonly url: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What is told to whom. */
export interface NotifyPart {
  readonly routes: readonly Route[];
  readonly contacts: readonly Contact[];
  /** How often people are told again while nobody acknowledged, ms. */
  readonly remindMs: number;
}
