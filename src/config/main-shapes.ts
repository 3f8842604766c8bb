import { z } from 'zod';
import { roles } from '../domain/configuration.ts';
import { modes } from '../domain/rule.ts';
import {
  absolutePath,
  blame,
  duration,
  hostName,
  httpUrl,
  interval,
  isAbsolutePath,
  name,
  someTime,
  somePath,
  text,
} from './scalars.ts';
import { secretReference } from './secrets.ts';

/** Looked into by a reader of its own, so that one mistake hides no other. */
const later = (what: string): z.ZodOptional<z.ZodUnknown> => z.unknown().optional().describe(what);

/** The keys of the main file. */
export const mainShape = {
  version: z.literal(1).describe('Of this format'),
  environment: text
    .optional()
    .describe('Shown in messages, and the name of the policy that holds; production unless stated'),
  environments: later('What environments do about backups and questions, by their names'),
  mode: z
    .enum(modes)
    .optional()
    .describe('How far the daemon goes by itself: records, tells, asks, acts; notify unless stated'),
  include: later('Folders of packs; the name of the folder is the name of the pack'),
  store: z.string().optional().meta({
    description: 'One daemon per file; sqlite:/var/lib/rollbackd/rollbackd.db unless stated',
    pattern: '^sqlite:(?!//).',
  }),
  state_dir: somePath
    .optional()
    .describe('For the key file, git clones and output of commands; beside the store unless stated'),
  halt_file: somePath
    .optional()
    .describe('While it exists, no effect starts; HALT beside the store unless stated'),
  listen: later('HOST:PORT of API, metrics and health; anything but loopback needs tokens'),
  tokens: later('Who may ask, and what'),
  prometheus: later('The Prometheus server that rules with prometheus: ask'),
  scrape: later('Pages of metrics that the daemon reads by itself, without a Prometheus'),
  docker: later('The Docker engine: its socket, or a proxy before it'),
  public_url: later("Under which people's browsers reach the API, for links in messages; none unless stated"),
  slack: later('Where people are told, and asked: by a webhook or an app'),
  email: later('People who are told by e-mail'),
  webhooks: later('Services that are told by JSON, by the names of their channels'),
  alertmanager: later('An Alertmanager that is told, one alert an incident'),
  notify: later('Who is told of what, and how often'),
  contacts: later('People by role, named when something is handed over'),
  approvers: later('Whose clicks and commands in Slack count'),
  host: hostName.optional().describe("The host of targets that state none; this machine's unless stated"),
  host_root: z
    .string()
    .refine(isAbsolutePath, 'expected an absolute path without .. in it')
    .optional()
    .describe("Where the host's file system is mounted, when rollbackd runs in a container"),
  allowed_programs: z
    .array(absolutePath)
    .optional()
    .describe('What run: in steps and checks may start; nothing unless stated'),
  file_roots: z
    .array(absolutePath)
    .optional()
    .describe('Folders that steps may change files in; nothing unless stated'),
  data_stores: later('Stores of data that steps and checks may reach, by name'),
  backups: later('Backup sets: where they lie, what they hold, how long they are kept'),
  git_protocols: z
    .array(z.enum(['https', 'ssh', 'file']))
    .optional()
    .describe('Which URLs a repository may have; all unless stated'),
  budget: later('Automatic rollbacks of the daemon; more become questions'),
  retention: later('How long things are kept'),
  reload: later('How changed files are taken over'),
  blind_after: someTime
    .optional()
    .describe('A source unknown for longer opens one MEDIUM incident; 5m unless stated'),
  freeze: later('Times at which automatic becomes ask'),
  defaults: later('What rules and targets fall back to'),
  targets: later('What is watched and rolled back, by name'),
};

export const tokenShape = {
  name: name.describe('Of the person or tool, for the journal'),
  role: z.enum(roles).describe('What it may do; each role may also do what those before it may'),
  token: secretReference.describe('The secret itself, in a file or a variable'),
};

export const prometheusShape = {
  url: httpUrl.describe('Without user, password and query'),
  timeout: someTime.optional().describe('Of one query; 5s unless stated'),
  headers: later('Name to secret'),
  fallback: z
    .literal('scrape')
    .optional()
    .describe('Who answers while the server cannot: the pages that the daemon scrapes by itself'),
};

export const dockerShape = {
  socket: absolutePath.optional().describe('Path of the socket'),
  url: z.string().optional().describe('Of a proxy before the socket, e.g. http://docker-proxy:2375'),
  compose: absolutePath
    .optional()
    .describe("The docker-compose program (v2), for stacks; looked for among Docker's plugins unless stated"),
};

export const budgetShape = {
  rollbacks: z.int().min(0).max(1000).optional().describe('How many; 3 unless stated'),
  per: someTime.optional().describe('Within this time; 1h unless stated'),
};

export const retentionShape = {
  incidents: someTime.optional().describe('Closed incidents; 400d unless stated'),
  readings: someTime.optional().describe('14d unless stated'),
  replaced: someTime.optional().describe('Replaced containers, after their incident; 24h unless stated'),
};

export const reloadShape = {
  watch: z
    .boolean()
    .optional()
    .describe('Whether changed files are taken over by themselves; true unless stated'),
};

export const freezeShape = {
  cron: z.string().describe('Five fields; the freeze begins at each of these times'),
  for: someTime.describe('How long it lasts'),
  reason: text.describe('For people'),
};

export const defaultsShape = {
  blame: blame.optional().describe('Rules: how recent a change must be to be blamed; 24h unless stated'),
  every: interval.optional().describe('Rules: how often they are read; 15s unless stated'),
  within: someTime.optional().describe('Levels: how long people may take to answer; 15m unless stated'),
  cooldown: duration
    .optional()
    .describe('Targets: no second automatic rollback within this time; 1h unless stated'),
  grace: duration
    .optional()
    .describe('Targets: how long breaches do not age around a deployment; 60s unless stated'),
  bake: duration
    .optional()
    .describe('Targets: how long a release must run untroubled to be good; 10m unless stated'),
};
