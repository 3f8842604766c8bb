import { expect, test } from 'vitest';
import { secretsOfStore } from '../../src/domain/data-store.ts';
import { configured, shop } from './configuring.ts';

const main = `
data_stores:
  vault:
    s3: { url: 'http://minio:9000/', bucket: sets, access_key: { env: TOKEN }, secret_key: { env: BOT_TOKEN } }
  events: { kafka: { brokers: ['kafka:9092'] } }
backups:
  bucket: { store: vault, prefix: rollbackd/shop }
  recipes: { shop: { stores: [events] } }
`;

test('a bucket and a cluster are read with what is usual, and their secrets are known as such', async () => {
  const files = { ...shop, 'rollbackd.yaml': `${shop['rollbackd.yaml'] ?? ''}${main}` };
  const { dataStores, backups } = await configured(files);
  const { vault, events } = dataStores;
  expect(vault).toMatchObject({
    kind: 's3',
    url: 'http://minio:9000',
    region: 'us-east-1',
    bucket: 'sets',
    pathStyle: true,
  });
  expect(events).toEqual({
    kind: 'kafka',
    name: 'events',
    brokers: ['kafka:9092'],
    tls: false,
    user: null,
    password: null,
    mechanism: 'PLAIN',
  });
  expect(vault === undefined ? [] : secretsOfStore(vault).map((secret) => secret.reveal())).toEqual([
    'a-long-enough-token',
    'xoxb-1-token-of-a-bot',
  ]);
  expect(backups).toMatchObject({
    directory: null,
    bucket: { store: 'vault', prefix: 'rollbackd/shop/' },
  });
});
