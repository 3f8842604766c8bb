import { expect, test } from 'vitest';
import { incidentView } from '../../src/engine/views/incident.ts';
import { haltedBecause } from '../../src/engine/situation.ts';
import type { Command } from '../../src/domain/command.ts';
import { MINUTE } from '../../src/domain/time.ts';
import type { Driver } from '../../src/domain/ports/driver.ts';
import type { World } from '../fakes/world.ts';
import { asked } from './asked.ts';
import { alice, type Watching } from './watching.ts';

const note = 'its password is s3cr3t';

/** Everything that was stored and everything that is shown, as one text. */
async function everything(w: Watching): Promise<string> {
  const { id } = await w.incident();
  const shown = [
    await incidentView(w.engine.core, id),
    haltedBecause(w.engine.core.parts, w.engine.core.book),
  ];
  return JSON.stringify([w.commits, shown]);
}

const commands: readonly ((w: Watching) => Promise<Command>)[] = [
  async (w) => ({ do: 'hand_over', incident: (await w.incident()).id, note }),
  async (w) => {
    const { id: incident } = await w.incident();
    const planDigest = (await incidentView(w.engine.core, incident))?.plan?.digest ?? '';
    return { do: 'approve', incident, planDigest, note };
  },
  async (w) => ({ do: 'reject', incident: (await w.incident()).id, planDigest: null, note }),
  async () => ({ do: 'halt', note }),
  async () => ({ do: 'freeze', target: null, forMs: MINUTE, note }),
  async () => ({ do: 'silence', rule: 'shop/error-rate', target: null, forMs: MINUTE, note }),
  async (w) => ({ do: 'ack', incident: (await w.incident()).id, note }),
  async () => ({ do: 'bug', target: 'shop', issue: 'SHOP-1', by: null, note }),
];

test.each(commands)(
  'a secret in what a person says is stored and shown nowhere (command %#)',
  async (make) => {
    await using w = await asked();
    expect((await w.asks(await make(w), alice)).accepted).toBe(true);
    await w.wait(10 * MINUTE);

    const all = await everything(w);
    expect(all).not.toContain('s3cr3t');
    expect(all).toContain('its password is [secret]');
  },
);

test('a secret in what a tool says of a plan is in no reason that is stored or shown', async () => {
  const drivers = (world: World): readonly Driver[] => [
    {
      ...world.driver('leaky', 'probe', 'disruptive'),
      preflight: async () => [{ level: 'refuse', message: 'it said: its password is s3cr3t' }],
    },
  ];
  const service = { steps: [{ kind: 'leaky', options: {}, deadlineMs: MINUTE, retries: 0 }] };
  await using w = await asked({}, { drivers, playbooks: { service } });
  expect(await w.state()).toBe('handed_over');

  const all = await everything(w);
  expect(all).not.toContain('s3cr3t');
  expect((await w.incident()).reason).toContain('its password is [secret]');
});
