import type { FastifyInstance } from 'fastify';
import type { Daemon } from '../domain/ports/daemon.ts';

/** `/metrics`, `/healthz`, `/readyz`: no token is needed, and they tell nothing about targets but numbers. */
export function addHealth(app: FastifyInstance, daemon: Daemon): void {
  app.get(
    '/metrics',
    { config: { role: null, summary: 'Metrics for Prometheus', answers: { 200: ['text/plain'] } } },
    async (_, reply) => reply.type('text/plain; version=0.0.4; charset=utf-8').send(await daemon.metrics()),
  );
  app.get(
    '/healthz',
    { config: { role: null, summary: 'The process answers', answers: { 200: 'Alive' } } },
    () => ({ alive: true }),
  );
  app.get(
    '/readyz',
    {
      config: {
        role: null,
        summary: 'Rules are evaluated, and the store accepts commits',
        answers: { 200: 'Ready', 503: 'Ready' },
      },
    },
    (_, reply) => {
      const ready = daemon.ready();
      void reply.code(ready ? 200 : 503);
      return { ready };
    },
  );
}
