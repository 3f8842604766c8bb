import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { botToken, signingSecret, type FakeSlack } from '../fakes/slack/slack.ts';
import type { CrashPlan, CrashStep, Setting } from './plan.ts';
import { serviceProgram } from './sites/data-process.ts';
import type { Stage } from './stage.ts';

const program = join(import.meta.dirname, 'programs', 'record.sh');

/** Writes what the daemon of a stage is started with. The durations are those of a test, not of production. */
export function writeConfiguration({ folder, plan, site, recorder, records, slack }: Stage): void {
  const write = (path: string, content: unknown): void => {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, stringify(content, { lineWidth: 0, aliasDuplicateObjects: false }));
  };
  const health = { http: { url: `${recorder.url}/health`, timeout: '2s' } };
  const severity = plan.begins === 'high' ? 'high' : 'critical';
  writeFileSync(join(folder, 'webhook'), `${recorder.url}/slack`);
  writeFileSync(join(folder, 'bot'), botToken);
  writeFileSync(join(folder, 'signing'), signingSecret);
  write('rules/crash/rules.yaml', {
    rules: { health: { every: '400ms', ...health, levels: { [severity]: { failures: 2 } } } },
  });
  write('rules/crash/playbooks.yaml', {
    playbooks: playbooksOf(
      plan,
      {
        program,
        ledger: records.path,
        url: recorder.url,
        folder,
        switches: site.url ?? '',
        volume: site.volume ?? '',
      },
      [
        { infrastructure: phase({ disk: { path: folder, measure: 'free' }, above: '0.1%' }) },
        { functionality: phase(health) },
      ],
    ),
  });
  write('rollbackd.yaml', {
    version: 1,
    environment: 'crash',
    mode: 'auto',
    include: ['rules/crash'],
    store: `sqlite:${join(folder, 'state', 'rollbackd.db')}`,
    listen: '127.0.0.1:0',
    allowed_programs: [program, serviceProgram],
    ...(slack === null ? { slack: { webhook: { file: join(folder, 'webhook') } } } : clicking(folder, slack)),
    defaults: { grace: '0s' },
    targets: { [site.name]: { ...site.target, rules: ['crash'], playbook: 'main' } },
    ...site.settings,
  });
}

/** A Slack app that posts clicks to the daemon, and one person who may answer. */
function clicking(folder: string, { apiUrl, workspace }: FakeSlack): object {
  const { channel, team, app } = workspace;
  return {
    slack: {
      app: {
        bot_token: { file: join(folder, 'bot') },
        signing_secrets: [{ file: join(folder, 'signing') }],
        channel,
        team,
        id: app,
        api_url: apiUrl,
      },
    },
    approvers: [{ slack_users: ['UALICE'], role: 'approver' }],
  };
}

function phase(check: object): object {
  return { within: '10s', checks: [check] };
}

function playbooksOf(plan: CrashPlan, setting: Setting, phases: readonly object[]): object {
  const verify = { settle: '100ms', ...Object.assign({}, ...phases.slice(phases.length - plan.phases)) };
  const main = { steps: plan.steps.map((step) => written(step, setting)), verify };
  if (plan.fallback.length === 0) return { main };
  const fallback = { steps: plan.fallback.map((step) => written(step, setting)), verify };
  return { main: { ...main, otherwise_playbook: 'fallback' }, fallback };
}

function written({ kind, options, ends }: CrashStep, setting: Setting): object {
  return { [kind]: options(setting), ...(ends === 'retried' ? { retries: 1 } : {}) };
}
