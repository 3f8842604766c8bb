import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Production, type Shop } from './production.ts';

let production: Production;

beforeAll(async () => {
  production = await Production.open();
});
afterAll(() => production.close());

/** Release 2 answers 500 to a third of the requests: HIGH, so people are asked. */
async function asking(name: string): Promise<Shop> {
  const people = ['alice', 'bob'].map((person) => {
    const file = join(production.folder, `${name}-${person}`);
    writeFileSync(file, `token-of-${person}-${name}`);
    return { name: person, role: 'approver', token: { file } };
  });
  const shop = await production.openShop(name, {
    more: { tokens: people },
    token: join(production.folder, `${name}-alice`),
  });
  await shop.build(2, 'some');
  await shop.watchUntilGood();
  await shop.service.deploy(shop.image(2));
  return shop;
}

async function running({ name }: Shop): Promise<string> {
  return production.docker.cli('inspect', '--format', '{{.Image}} {{.Name}}', name);
}

async function imageOf(shop: Shop, release: number): Promise<string> {
  const id = await production.docker.cli('image', 'inspect', '--format', '{{.Id}}', shop.image(release));
  return `${id} /${shop.name}`;
}

test.concurrent('HIGH asks; what a person approves on the command line is rolled back', async () => {
  await using shop = await asking('approved');
  const asked = await shop.untilIncident('asking');
  expect(asked).toMatchObject({ severity: 'high', rule: 'layra/api-error-rate' });
  expect(asked.question).toMatchObject({ state: 'open', otherwise: 'rollback', answers: [] });
  expect(await running(shop)).toBe(await imageOf(shop, 2));

  const other = await shop.daemon.cli('approve', asked.id, '--plan', 'f'.repeat(16));
  expect(other).toMatchObject({ code: 1, output: expect.stringMatching(/^refused {2}/m) });
  const approved = await shop.daemon.cli('approve', asked.id, '--plan', asked.question?.planDigest ?? '');
  expect(approved).toMatchObject({ code: 0, output: expect.stringMatching(/^ok {2}/m) });

  const closed = await shop.untilIncident('closed');
  expect(closed).toMatchObject({ outcome: 'rolled_back', severity: 'high' });
  expect(closed.rto?.people.actualMs).toBeGreaterThan(0);
  expect(await running(shop)).toBe(await imageOf(shop, 1));
  const late = await shop.daemon.cli('approve', asked.id);
  expect(late).toMatchObject({ code: 1, output: expect.stringMatching(/^refused {2}/m) });
});

test.concurrent('what a person rejects is not rolled back', async () => {
  await using shop = await asking('rejected');
  const asked = await shop.untilIncident('asking');
  const rejected = await shop.daemon.cli('reject', asked.id);
  expect(rejected.code).toBe(0);

  const after = await shop.untilIncident('monitoring');
  expect(after.reason).toBe('rejected by alice');
  expect(after.effects).toEqual([]);
  expect(await running(shop)).toBe(await imageOf(shop, 2));
});

test.concurrent('of two answers at once the first one wins, and the other one is told', async () => {
  await using shop = await asking('twice');
  const { id } = await shop.untilIncident('asking');
  const bob = { ROLLBACKD_TOKEN_FILE: join(production.folder, 'twice-bob') };
  const answers = await Promise.all([shop.daemon.cli('approve', id), shop.daemon.cliAs(bob, 'reject', id)]);

  expect(answers.filter(({ code }) => code === 0)).toHaveLength(1);
  expect(answers.find(({ code }) => code === 1)?.output).toMatch(/^refused {2}the question is over: /m);
  const approved = answers[0].code === 0;
  const end = await shop.untilIncident(approved ? 'closed' : 'monitoring');
  expect(end.outcome).toBe(approved ? 'rolled_back' : null);
  expect(end.question?.answers.map(({ by }) => by)).toEqual([approved ? 'alice' : 'bob']);
});

test.concurrent(
  'a bad release that comes back is announced; breaching again, it is asked about',
  async () => {
    await using shop = await production.openShop('again');
    await shop.build(2, 'errors');
    const daemon = await shop.watchUntilGood();
    await shop.service.deploy(shop.image(2));
    const first = await shop.untilIncident('closed');
    expect(first.outcome).toBe('rolled_back');

    await shop.service.deploy(shop.image(2));
    await daemon.until('the return is announced', async () => daemon.said('release.bad_returned').length > 0);
    expect(daemon.said('release.bad_returned')[0]).toMatch(
      /^again-\w+:2 \(r-\w+\) runs again on again-\w+; it is known to be bad$/,
    );
    expect(await daemon.incidents(shop.name)).toHaveLength(1);

    const second = await shop.untilIncident('asking');
    expect(second.id).not.toBe(first.id);
    expect(second).toMatchObject({ severity: 'critical', decision: { wanted: 'rollback', action: 'ask' } });
    expect(second.decision?.objections.map(({ guard }) => guard)).toEqual(['cooldown']);
    expect(await running(shop)).toBe(await imageOf(shop, 2));

    // What a person approves is not bound by the cooldown.
    await daemon.cli('approve', second.id);
    const closed = await shop.untilIncident('closed');
    expect(closed).toMatchObject({ id: second.id, outcome: 'rolled_back' });
    expect(await running(shop)).toBe(await imageOf(shop, 1));
  },
);
