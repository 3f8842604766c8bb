import { expect, test } from 'vitest';
import { tell } from '../../src/app/telling.ts';
import type { Configuration } from '../../src/domain/configuration.ts';
import type { Contact } from '../../src/domain/notification.ts';
import type { Message } from '../../src/domain/ports/channel.ts';
import { MINUTE } from '../../src/domain/time.ts';
import { alertOf } from '../../src/notify/alertmanager/alert.ts';
import type { Links } from '../../src/notify/compose.ts';
import { mailOf } from '../../src/notify/email/mail.ts';
import { slackText } from '../../src/notify/slack/slack-text.ts';
import { webhookBody } from '../../src/notify/webhook/body.ts';
import { asked } from '../scenarios/asked.ts';
import { alice, type Watching } from '../scenarios/watching.ts';

// Each file of test/notify/fixtures is what one channel is sent of a whole incident. After a change that is meant,
// `npx vitest run --project unit test/notify/stories.test.ts --update` writes them anew; read the difference.

const contacts: readonly Contact[] = [
  { role: 'on_call', name: 'Alice', slack: 'U0000000001', email: 'alice@shop.example', phone: '+49 30 1234' },
  { role: 'dba', name: 'Dana', slack: null, email: 'dana@shop.example', phone: '+49 30 5678' },
];

const links: Links = {
  approval: (ticket) => `https://ops.example/approve/${ticket}.1.signature`,
  incident: (id) => `https://ops.example/api/v1/incidents/${id}`,
  report: (id) => `https://ops.example/api/v1/incidents/${id}/report`,
};

const notify: Configuration['notify'] = { routes: [], contacts, remindMs: 30 * MINUTE };

/** People are asked, and what they do about it. */
const stories: Readonly<Record<string, () => Promise<Watching>>> = {
  approved: async () => {
    const w = await asked({}, { configuration: { notify } });
    const { id } = await w.incident();
    await w.wait(8 * MINUTE);
    await w.asks({ do: 'prolong', incident: id, planDigest: w.asked(id) });
    await w.answers('approve');
    await w.wait(20 * MINUTE);
    expect(await w.state()).toBe('closed: rolled_back');
    return w;
  },
  'handed-over': async () => {
    const w = await asked(
      { withinMs: 10 * MINUTE },
      {
        configuration: { notify },
        drivers: (world) => [world.driver('wipe', 'probe', 'destructive-data')],
        playbooks: { service: { steps: [{ kind: 'wipe', options: {}, deadlineMs: MINUTE, retries: 0 }] } },
      },
    );
    await w.wait(40 * MINUTE);
    const { id } = await w.incident();
    await w.asks({ do: 'ack', incident: id, note: '' }, alice);
    await w.wait(1 * MINUTE);
    expect(await w.state()).toBe('closed: handed_over');
    return w;
  },
};

const channels: Readonly<Record<string, (messages: readonly Message[]) => string>> = {
  'text.txt': (messages) =>
    messages.map(({ title, text, urgent }) => `${urgent ? '! ' : '  '}${title}\n${text}`).join('\n\n'),
  'slack.txt': (messages) => messages.map(slackText).join('\n\n'),
  'mail.json.txt': (messages) => json(messages.map((message) => mail(message))),
  'webhook.json.txt': (messages) =>
    json(
      messages.map(
        (message) => JSON.parse(webhookBody({ message, environment: 'production', links })) as unknown,
      ),
    ),
  'alerts.json.txt': (messages) => {
    const parts = { environment: 'production', labels: { team: 'shop' }, page: links.incident };
    return json(
      messages.flatMap(({ story }) =>
        story === null ? [] : [alertOf(story.incident, story.incident.severity, parts)],
      ),
    );
  },
};

test.each(
  Object.keys(stories).flatMap((story) => Object.keys(channels).map((channel) => [story, channel] as const)),
)('an incident that is %s is told as in %s', async (story, channel) => {
  const messages = await messagesOf(story);
  const told = channels[channel]?.(messages) ?? '';
  await expect(`${told}\n`).toMatchFileSnapshot(`fixtures/${story}.${channel}`);
});

test('every transition is told once, in order', async () => {
  for (const story of Object.keys(stories)) {
    const messages = await messagesOf(story);
    const times = messages.map(({ at }) => at);
    expect(new Set(messages.map(({ key }) => key)).size).toBe(messages.length);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  }
});

const told = new Map<string, Promise<readonly Message[]>>();

/** What people are told of a story, on a channel with links. */
function messagesOf(story: string): Promise<readonly Message[]> {
  const known = told.get(story) ?? play(story);
  told.set(story, known);
  return known;
}

async function play(name: string): Promise<readonly Message[]> {
  await using w = await (stories[name] ?? (() => Promise.reject(new Error(`no story ${name}`))))();
  const rows = await w.messagesToPeople();
  return rows.flatMap(({ story, incident, at, seq }) => {
    if (story === null) return [];
    const { incident: row, ...told } = fixed(story);
    const entry = { at, incident, target: row.target, ...told };
    const message = tell(entry, row, 'people', w.configuration, links);
    return message === null ? [] : [{ ...message, key: `${message.key}/${seq}` }];
  });
}

/** Hashes follow from everything that is journaled; which they are is not what is compared here. */
function fixed<T>(value: T): T {
  return JSON.parse(JSON.stringify(value).replaceAll(/\b[0-9a-f]{16,64}\b/g, 'HASH')) as T;
}

function mail(message: Message) {
  const report =
    message.story?.type === 'incident.closed'
      ? { name: 'report', markdown: '# Report', html: '<!doctype html>' }
      : null;
  const made = mailOf({
    messages: [message],
    environment: 'production',
    from: 'rollbackd@shop.example',
    to: ['ops@shop.example'],
    report,
  });
  return { ...made, text: made.text.split('\n'), html: made.html.split('\n') };
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
