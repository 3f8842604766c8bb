import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { createClient } from '@redis/client';
import { createPool } from 'mysql2/promise';

/**
 * The service of the scenario, a program of its own inside an image. `ROLE` is `web` or `worker`, `RELEASE` 1 or 2.
 *
 *   web 1     takes and shows orders; healthy while the schema is of version 1
 *   web 2     takes orders in the columns of schema 2, and is not healthy: it misses what its migration has removed
 *   worker    ships each order once, unless the key `maintenance` is in Redis
 *
 * An order is acknowledged with 201 once the database has committed it, and at no other time.
 */
const release = Number(process.env['RELEASE']);
const [webPort = 0, dbPort = 0, cachePort = 0] = (process.env['PORTS'] ?? '').split(' ').map(Number);
const amount = release === 1 ? 'total' : 'amount';

process.on('SIGTERM', () => process.exit(0));
// Whoever stands behind this connection may come later, or for a while be away.
process.on('unhandledRejection', (error) => console.error(String(error)));

const orders = createPool({
  host: '127.0.0.1',
  port: dbPort,
  user: 'shop',
  password: process.env['DB_PASSWORD'] ?? '',
  database: 'shop',
  connectionLimit: 8,
});
const cache = createClient({ url: `redis://127.0.0.1:${cachePort}` });
cache.on('error', (error) => console.error(String(error)));
await cache.connect();

if (process.env['ROLE'] === 'worker') await ship();
else createServer((request, response) => void answer(request, response)).listen(webPort, '127.0.0.1');

async function ship(): Promise<never> {
  for (;;) {
    await pause(100);
    if (await cache.exists('maintenance')) continue;
    const shipped = 'INSERT IGNORE INTO shipments (order_id) SELECT id FROM orders';
    await orders.query(shipped).catch(() => {});
  }
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://shop');
  try {
    if (pathname === '/health') return await health(response);
    const [, , id = ''] = pathname.split('/');
    if (request.method === 'POST') return await take(id, Number(await textOf(request)), response);
    return await show(id, response);
  } catch (error) {
    response.writeHead(500).end(`${String(error)}\n`);
  }
}

async function health(response: ServerResponse): Promise<void> {
  await orders.query('SELECT id, total, customer FROM orders LIMIT 1');
  response.writeHead(200).end('UP\n');
}

async function take(id: string, total: number, response: ServerResponse): Promise<void> {
  await orders.execute(`INSERT INTO orders (id, ${amount}) VALUES (?, ?)`, [id, total]);
  response.writeHead(201).end();
}

/** As the cache has it, which is filled from the database. */
async function show(id: string, response: ServerResponse): Promise<void> {
  const known = await cache.get(`order:${id}`);
  if (known !== null) return void response.end(known);
  const [rows] = await orders.execute(`SELECT ${amount} AS total FROM orders WHERE id = ?`, [id]);
  const [row] = rows as { total: number }[];
  if (row === undefined) return void response.writeHead(404).end();
  await cache.set(`order:${id}`, String(row.total));
  response.end(String(row.total));
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
