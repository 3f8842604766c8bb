// The sample shop: GET /health, GET /metrics, POST /checkout. What a checkout does is the business of the release.
import { createServer } from 'node:http';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkout, pool } from './checkout.mjs';

const release = basename(dirname(fileURLToPath(import.meta.url)));
const answered = new Map();

const server = createServer((request, response) => {
  const route = new URL(request.url, 'http://shop').pathname;
  const answer = routes[route] ?? notFound;
  const { status, body } = answer();
  if (route === '/checkout') answered.set(status, (answered.get(status) ?? 0) + 1);
  const json = typeof body !== 'string';
  response.writeHead(status, { 'content-type': json ? 'application/json' : 'text/plain; version=0.0.4' });
  response.end(json ? JSON.stringify(body) : body);
});

const routes = {
  '/health': () => {
    const { used, size } = pool();
    const up = used < size;
    return { status: up ? 200 : 503, body: { status: up ? 'UP' : 'DOWN', release, pool: { used, size } } };
  },
  '/metrics': () => ({ status: 200, body: metrics() }),
  '/checkout': () => {
    try {
      return { status: 200, body: checkout() };
    } catch (error) {
      return { status: 500, body: { error: error.message } };
    }
  },
};

function notFound() {
  return { status: 404, body: { error: 'no such page' } };
}

function metrics() {
  const { used, size } = pool();
  return [
    '# TYPE http_requests_total counter',
    ...[...answered].map(
      ([status, count]) => `http_requests_total{service="shop",path="/checkout",status="${status}"} ${count}`,
    ),
    '# TYPE db_pool_in_use gauge',
    `db_pool_in_use{service="shop"} ${used}`,
    '# TYPE db_pool_size gauge',
    `db_pool_size{service="shop"} ${size}`,
    '# TYPE shop_release_info gauge',
    `shop_release_info{service="shop",release="${release}"} 1`,
    '',
  ].join('\n');
}

server.listen(Number(process.env.PORT), '127.0.0.1');
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(0));
