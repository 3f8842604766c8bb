import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { RollbackError } from '../domain/errors.ts';
import type { Daemon } from '../domain/ports/daemon.ts';
import { addReportView } from './report-view.ts';
import { read } from './validation.ts';

const word = z.string().min(1).max(200);
const whole = z.string().regex(/^\d{1,15}$/, 'must be a whole number');

const incidentsQuery = z.strictObject({
  open: z
    .enum(['true', 'false'])
    .optional()
    .transform((text) => text === 'true'),
  target: word.optional(),
  limit: whole
    .optional()
    .default('50')
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= 1000, 'must be from 1 to 1000'),
});
const planQuery = z.strictObject({ to: word.optional(), playbook: word.optional() });
const gateQuery = z.strictObject({ release: word.optional() });
const explainQuery = z.strictObject({ rule: word, target: word.optional(), at: whole.optional() });
const rtoQuery = z.strictObject({ target: word.optional(), sinceMs: whole.optional() });

type TargetRoute = { Params: { target: string } };

/** Everything that can be looked at, under `/api/v1`. A viewer may. */
export function addViews(api: FastifyInstance, daemon: Daemon): void {
  api.get('/status', () => daemon.status());
  api.get('/doctor', () => daemon.doctor());
  api.get('/explain', ({ query }) => {
    const { rule, target, at } = read(explainQuery, query, 'query');
    return daemon.explain({ rule, target: target ?? null, at: at === undefined ? null : Number(at) });
  });
  api.get('/rto', ({ query }) => {
    const { target, sinceMs } = read(rtoQuery, query, 'query');
    return daemon.rto({
      ...(target === undefined ? {} : { target }),
      ...(sinceMs === undefined ? {} : { sinceMs: Number(sinceMs) }),
    });
  });
  api.get('/journal/verify', async () => {
    const broken = await daemon.verifyJournal();
    return { intact: broken === null, broken };
  });
  addIncidentViews(api, daemon);
  addReportView(api, daemon);
  addTargetViews(api, daemon);
}

function addIncidentViews(api: FastifyInstance, daemon: Daemon): void {
  api.get('/incidents', ({ query }) => {
    const { open, target, limit } = read(incidentsQuery, query, 'query');
    return daemon.incidents({
      limit,
      ...(open ? { open } : {}),
      ...(target === undefined ? {} : { target }),
    });
  });
  api.get<{ Params: { id: string } }>('/incidents/:id', async ({ params: { id } }) => {
    const incident = await daemon.incident(id);
    if (incident !== null) return incident;
    throw new RollbackError('NOT_FOUND', `there is no incident ${id}; \`rollbackd incidents\` lists them`, {
      incident: id,
    });
  });
}

function addTargetViews(api: FastifyInstance, daemon: Daemon): void {
  api.get<TargetRoute>('/targets/:target/plan', ({ params: { target }, query }) => {
    const { to, playbook } = read(planQuery, query, 'query');
    return daemon.plan({ target, to: to ?? null, playbook: playbook ?? null });
  });
  api.get<TargetRoute>('/targets/:target/releases', ({ params: { target } }) => daemon.releases(target));
  api.get<TargetRoute>('/targets/:target/gate', ({ params: { target }, query }) => {
    const { release } = read(gateQuery, query, 'query');
    return daemon.gate(target, release ?? null);
  });
}
