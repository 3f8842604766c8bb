import type { FastifyInstance } from 'fastify';
import type { Daemon } from '../domain/ports/daemon.ts';

/** `/metrics`, `/healthz`, `/readyz`: no token is needed, and they tell nothing about targets but numbers. */
export function addHealth(app: FastifyInstance, daemon: Daemon): void {
  app.get('/metrics', async (_, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(await daemon.metrics()),
  );
  app.get('/healthz', () => ({ alive: true }));
  app.get('/readyz', (_, reply) => {
    const ready = daemon.ready();
    void reply.code(ready ? 200 : 503);
    return { ready };
  });
}
