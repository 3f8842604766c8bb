import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Running } from './running.ts';

const playbooks = `playbooks:
  restart: { steps: [{ wait: { for: 1s } }] }
  data:
    steps:
      - backup: { recipe: shop }
      - database.restore: { store: orders, from: before_incident }
`;

/** A daemon with a database of SQLite and a recipe that holds it; another recipe holds a file that is not there. */
async function withBackups(): Promise<Running> {
  const running = new Running({ 'packs/host/playbooks.yaml': playbooks });
  running.main(`file_roots: [${running.folder}]
data_stores: { orders: { sqlite: { path: ${running.at('orders.db')} } } }
backups:
  directory: ${running.at('sets')}
  recipes: { shop: { stores: [orders] }, gone: { files: [${running.at('gone.env')}] } }
`);
  using database = new DatabaseSync(running.at('orders.db'));
  database.exec('CREATE TABLE orders (id INTEGER PRIMARY KEY); INSERT INTO orders VALUES (1), (2)');
  return await running.start();
}

let running: Running;
beforeAll(async () => {
  running = await withBackups();
});
afterAll(() => running[Symbol.asyncDispose]());

test('doctor says of each recipe whether a set could be made', async () => {
  const { checks } = await running.daemon.doctor();
  expect(checks.filter(({ name }) => name.startsWith('backup '))).toEqual([
    { name: 'backup shop', ok: true, detail: 'a set can be made' },
    { name: 'backup gone', ok: false, detail: expect.stringContaining('gone.env') },
  ]);
});

test('a plan that is looked at means the newest set until now by before_incident', async () => {
  const wish = { target: 'shop', to: null, playbook: 'host/data' };
  expect((await running.daemon.plan(wish)).refusal).toMatch(/^no backup set .*holds orders/);

  const { id: job } = await call('backups', { recipe: 'shop' });
  let set: string | null = null;
  while (set === null) ({ set } = await call(`backups/jobs/${job}`));
  await running.clock.advance(1_000);
  expect(await running.daemon.plan(wish)).toMatchObject({
    refusal: null,
    steps: [expect.stringContaining('make a backup of shop'), expect.stringContaining(`back from ${set} `)],
  });
});

interface Job {
  readonly id: string;
  readonly set: string | null;
}

/** Asks the API about a job; with a body it posts. */
async function call(path: string, body?: object): Promise<Job> {
  const headers = { authorization: 'Bearer first-token', 'content-type': 'application/json' };
  const init = body === undefined ? { headers } : { headers, method: 'POST', body: JSON.stringify(body) };
  return (await (await fetch(`${running.url}/api/v1/${path}`, init)).json()) as Job;
}
